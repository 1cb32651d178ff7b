package pages

import "embed"

//go:embed assets
var files embed.FS

// Asset is a stylesheet or script by file name, or nil if there is none.
func Asset(name string) []byte {
	content, err := files.ReadFile("assets/" + name)
	if err != nil {
		return nil
	}
	return content
}
