# Draws a landscape as a text PPM:  awk -f picture.awk </dev/null >picture.ppm
function pixel(r, g, b) { printf "%d %d %d\n", r, g, b }
function ridge(x, height, wave) { return height + wave * sin(x / 37) + wave / 2 * sin(x / 11) }

BEGIN {
	W = 320; H = 240
	printf "P3\n%d %d\n255\n", W, H
	for (y = 0; y < H; y++) {
		for (x = 0; x < W; x++) {
			sun = (x - 250) ^ 2 + (y - 50) ^ 2
			if (x > 60 && x < 140 && y > 140 && y < 205) {          # house
				window = (x > 75 && x < 95 || x > 105 && x < 125) && y > 155 && y < 175
				if (window) pixel(250, 230, 120); else pixel(170, 80, 60)
			} else if (y <= 140 && y > 140 - (50 - 1.1 * (x > 100 ? x - 100 : 100 - x)))
				pixel(90, 40, 40)                               # roof
			else if (y > 205 && (x + 2 * y) % 48 < 24 && x > 150)
				pixel(120, 150, 60)                             # field
			else if (y > 185)
				pixel(60, 120 + (y - 185), 50)                  # grass
			else if (y > ridge(x, 150, 14))
				pixel(50, 90, 70)                               # hills
			else if (y > ridge(x + 80, 110, 26))
				pixel(110, 120, 140)                            # mountains
			else if (sun < 700)
				pixel(255, 240, 150)
			else
				pixel(90 + y / 2, 150 + y / 3, 235)             # sky
		}
	}
}
