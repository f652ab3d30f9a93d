# The runtime for the board, its tests under qemu:
#
#   cmake -S . -B build-arm -DNPUCC_RUNTIME_ONLY=ON \
#         -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake
#
# On Debian: gcc-aarch64-linux-gnu qemu-user and, for the tests,
#   dpkg --add-architecture arm64 && apt-get update && apt-get install libcmocka-dev:arm64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

# Libraries of a foreign architecture lie beside the host's own.
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)

# The host's pkg-config would name the host's libraries.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig)

# Loader and libraries are Debian's own for arm64, as cmocka's are: the cross
# compiler's copies beside them would mix two libcs in one process.
find_program(QEMU_AARCH64 NAMES qemu-aarch64 qemu-aarch64-static)
if(QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${QEMU_AARCH64};-L;/)
endif()

# Found here, so that a missing one says what to install; on the host a library
# of that name would be of the wrong architecture.
set(CMOCKA_ARM64 /usr/lib/aarch64-linux-gnu/libcmocka.so)
if(EXISTS ${CMOCKA_ARM64})
  set(CMOCKA_LIBRARY ${CMOCKA_ARM64} CACHE FILEPATH "cmocka for aarch64" FORCE)
elseif(NOT DEFINED NPUCC_TESTS OR NPUCC_TESTS)
  message(FATAL_ERROR "${CMOCKA_ARM64} is missing: install libcmocka-dev:arm64 "
                      "(dpkg --add-architecture arm64) or configure with -DNPUCC_TESTS=OFF")
endif()
