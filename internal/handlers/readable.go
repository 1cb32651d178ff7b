package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// What is shown of data that Zapier and third parties send: enough to recognise it by, whatever its size.
const (
	maxLines = 60
	maxName  = 120
	maxValue = 400
	maxDepth = 12
)

// moment is a time in words, "" for none.
func (s *Server) moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return s.cfg.Phrases.Words.Moment(at)
}

// stamp is a moment that Zapier tells; one in a format that nobody knows is shown as it is.
func (s *Server) stamp(told zapier.Timestamp) string {
	at, err := told.Time()
	if err != nil {
		return shorten(string(told), maxValue)
	}
	return s.moment(at)
}

// flatten shows JSON of any kind as lines in its own order: "lead.name" for what an object holds, "tags[0]" for a list.
// What is no JSON is one line as it is; null and empty text are none.
func flatten(raw json.RawMessage) []templates.ResultLine {
	f := flattener{decoder: json.NewDecoder(bytes.NewReader(raw))}
	f.decoder.UseNumber()
	switch err := f.value("", 0); {
	case errors.Is(err, errEnough):
		f.lines = append(f.lines[:maxLines], templates.ResultLine{Value: "…"})
	case err != nil:
		f.lines = []templates.ResultLine{{Value: shorten(string(raw), maxValue)}}
	}
	if len(f.lines) == 1 && f.lines[0] == (templates.ResultLine{}) {
		return nil
	}
	return f.lines
}

// errEnough ends the reading of data that is larger than what is shown of it.
var errEnough = errors.New("handlers: more lines than are shown")

type flattener struct {
	decoder *json.Decoder
	lines   []templates.ResultLine
}

func (f *flattener) value(name string, depth int) error {
	if depth == maxDepth {
		var rest json.RawMessage
		if err := f.decoder.Decode(&rest); err != nil {
			return err
		}
		return f.line(name, string(rest))
	}
	token, err := f.decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return f.members(name, depth)
	case json.Delim('['):
		return f.items(name, depth)
	case nil:
		return f.line(name, "")
	}
	return f.line(name, fmt.Sprint(token))
}

func (f *flattener) members(name string, depth int) error {
	for f.decoder.More() {
		key, err := f.decoder.Token()
		if err != nil {
			return err
		}
		if err := f.value(strings.TrimPrefix(fmt.Sprintf("%s.%v", name, key), "."), depth+1); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}

func (f *flattener) items(name string, depth int) error {
	for i := 0; f.decoder.More(); i++ {
		if err := f.value(fmt.Sprintf("%s[%d]", name, i), depth+1); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}

func (f *flattener) line(name, value string) error {
	f.lines = append(f.lines, templates.ResultLine{Name: shorten(name, maxName), Value: shorten(value, maxValue)})
	if len(f.lines) > maxLines {
		return errEnough
	}
	return nil
}

// shorten cuts text that is too long to be read.
func shorten(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	return string([]rune(text)[:runes]) + "…"
}

// humanize makes a label of a field's id: "full_name" becomes "Full name".
func humanize(id string) string {
	words := strings.Join(strings.Fields(strings.ReplaceAll(id, "_", " ")), " ")
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return id
	}
	return string(unicode.ToUpper(first)) + words[size:]
}
