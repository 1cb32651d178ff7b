package templates

import (
	"strconv"
	"strings"
	"unicode"
)

// Inks of the letter in an App's tile; see the tokens of the stylesheet.
const (
	lightInk = "#ffffff"
	darkInk  = "#16202a"
	// neutralTile is drawn for an App whose colour is missing or malformed.
	neutralTile = "#5a6b7b"
)

// letter stands for an App that has no image.
func (a App) letter() string {
	for _, r := range a.Title {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return strings.ToUpper(string(r))
		}
	}
	return "·"
}

// tile is the App's colour as an SVG fill. An SVG attribute, because the content
// security policy refuses style attributes; checked, because it comes from Zapier.
func (a App) tile() string {
	if len(a.Color) != 6 {
		return neutralTile
	}
	if _, err := strconv.ParseUint(a.Color, 16, 32); err != nil {
		return neutralTile
	}
	return "#" + a.Color
}

// ink is the letter's colour on the tile: the one of the two that can be read.
func (a App) ink() string {
	rgb, err := strconv.ParseUint(strings.TrimPrefix(a.tile(), "#"), 16, 32)
	if err != nil {
		return lightInk
	}
	red, green, blue := rgb>>16&0xff, rgb>>8&0xff, rgb&0xff
	if 299*red+587*green+114*blue > 150*1000 {
		return darkInk
	}
	return lightInk
}
