package emulator

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-chi/chi/v5"
)

// iconPath is where an App's icon is on the web origin.
func iconPath(app App) string { return "/icons/" + app.Slug + ".svg" }

// icon serves GET /icons/{slug}.svg?size=, drawn here, so that no page of a
// partner needs an image from elsewhere. "emulator" is the emulator's own.
func (e *Emulator) icon(w http.ResponseWriter, r *http.Request) error {
	slug, isSVG := strings.CutSuffix(chi.URLParam(r, "name"), ".svg")
	app, known := e.directory.appBySlug(slug)
	if slug == "emulator" {
		app, known = App{Title: "Emulator", Slug: slug, HexColor: "0f766e"}, true
	}
	if !isSVG || !known {
		return notFound("There is no such icon.")
	}
	size, err := intParameter(r.URL.Query(), "size", 64, 16, 512)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "image/svg+xml")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "public, max-age=3600")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // partners show it on their own pages
	_, _ = w.Write([]byte(drawIcon(app, size)))                // the browser may be gone; there is nobody left to tell
	return nil
}

// drawIcon is a square in the App's colour, one of five shapes, and a monogram.
func drawIcon(app App, size int) string {
	ink := inkOn(app.HexColor)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[1]d" viewBox="0 0 64 64">`+
		`<clipPath id="c"><rect width="64" height="64" rx="14"/></clipPath>`+
		`<g clip-path="url(#c)"><path fill="#%[2]s" d="M0 0h64v64H0z"/><path fill="%[3]s" fill-opacity=".16" d="%[4]s"/></g>`+
		`<text x="32" y="33" fill="%[3]s" font-family="system-ui,sans-serif" font-weight="700" font-size="%[5]d" text-anchor="middle" dominant-baseline="central">%[6]s</text></svg>`,
		size, app.HexColor, ink, shapeFor(app.Slug), fontSize(monogram(app.Title)), monogram(app.Title))
}

func shapeFor(slug string) string {
	shapes := []string{
		"M0 64V30a34 34 0 0 1 34 34z",              // quarter circle, bottom left
		"M64 0v34A34 34 0 0 1 30 0z",               // quarter circle, top right
		"M0 0h64L0 64z",                            // upper triangle
		"M0 40 64 16v48H0z",                        // slope
		"M32 4a28 28 0 1 1 0 56a28 28 0 0 1 0-56z", // disc
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(slug)) // a hash takes everything
	return shapes[hash.Sum32()%uint32(len(shapes))]
}

// monogram is the first capital of the title, and the next one if there is one.
func monogram(title string) string {
	var capitals []rune
	for _, r := range title {
		if unicode.IsUpper(r) && len(capitals) < 2 {
			capitals = append(capitals, r)
		}
	}
	return string(capitals)
}

func fontSize(letters string) int {
	if len([]rune(letters)) > 1 {
		return 27
	}
	return 34
}

// inkOn is white or near-black, whichever is easier to read on a colour.
func inkOn(hex string) string {
	value, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return "#fff"
	}
	red, green, blue := value>>16&255, value>>8&255, value&255
	if red*299+green*587+blue*114 > 150_000 {
		return "#14171a"
	}
	return "#fff"
}
