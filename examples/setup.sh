# What a build needs from Debian 12; sourced by the other scripts.
#
#     . examples/setup.sh
#     setup_packages PACKAGE...     install what is missing, or say how and stop

SETUP_BUILD="cmake ninja-build gcc libc6-dev flex bison pkg-config libjansson-dev libpng-dev"
SETUP_TESTS="libcmocka-dev"
SETUP_BOARD="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user libcmocka-dev:arm64"

# Is this package installed, for this machine unless its name says another?
setup_has() {
	setup_wanted="$(dpkg --print-architecture) installed|all installed"
	case "$1" in
	*:*) setup_wanted="${1#*:} installed" ;;
	esac
	dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' "$1" 2>/dev/null |
		grep -Eqx "$setup_wanted"
}

setup_packages() {
	setup_missing=
	for setup_package in "$@"; do
		setup_has "$setup_package" || setup_missing="$setup_missing $setup_package"
	done
	[ -n "$setup_missing" ] || return 0

	setup_commands="apt-get update && apt-get install -y --no-install-recommends$setup_missing"
	case "$setup_missing" in
	*:arm64*) setup_commands="dpkg --add-architecture arm64 && $setup_commands" ;;
	esac
	if ! command -v apt-get >/dev/null; then
		echo "These packages are missing, under their Debian names:$setup_missing" >&2
		exit 1
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "Some packages are missing. Install them as root, then run this again:" >&2
		echo "    sudo sh -c '$setup_commands'" >&2
		exit 1
	fi
	echo "== installing$setup_missing"
	DEBIAN_FRONTEND=noninteractive sh -c "$setup_commands" >setup.log 2>&1 || {
		tail -20 setup.log >&2
		echo "The packages could not be installed; setup.log has all of it." >&2
		exit 1
	}
	rm -f setup.log
}
