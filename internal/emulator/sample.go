package emulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kinds of columns: each is a way to draw a sample and to ask for a value.
const (
	kindID      = "id"
	kindPerson  = "person"
	kindFirst   = "first"
	kindLast    = "last"
	kindEmail   = "email"
	kindPhone   = "phone"
	kindCompany = "company"
	kindCity    = "city"
	kindTitle   = "title"
	kindText    = "text"
	kindWord    = "word"
	kindAmount  = "amount"
	kindCount   = "count"
	kindDate    = "date"
	kindURL     = "url"
	kindFile    = "file"
	kindFlag    = "flag"
	kindStatus  = "status"
)

// sampleStart is when the oldest seeded record was made.
func sampleStart() time.Time { return time.Date(2026, time.January, 5, 9, 30, 0, 0, time.UTC) }

// sample is the value of a column in the nth seeded record.
func (c column) sample(n int) any {
	first, last := pick(n, firstNames()), pick(n*3, lastNames())
	switch c.kind {
	case kindID:
		return 1000 + n
	case kindPerson:
		return first + " " + last
	case kindFirst:
		return first
	case kindLast:
		return last
	case kindEmail:
		return strings.ToLower(first) + "@" + strings.ToLower(pick(n, companies())) + ".example"
	case kindPhone:
		return fmt.Sprintf("+1 555 01%02d", n%100)
	case kindCompany:
		return pick(n, companies()) + " Ltd"
	case kindCity:
		return pick(n, []string{"Toronto", "Lagos", "Kraków", "Osaka", "Lima", "Tallinn"})
	case kindAmount:
		return float64(n*125) + 49.5
	case kindCount:
		return n * 3
	case kindDate:
		return sampleStart().AddDate(0, 0, n).Format(time.RFC3339)
	case kindFlag:
		return n%2 == 0
	case kindStatus:
		return pick(n, c.options)
	}
	return c.sampleText(n)
}

func (c column) sampleText(n int) any {
	switch c.kind {
	case kindText:
		return "What " + pick(n, firstNames()) + " wrote about number " + strconv.Itoa(n) + "."
	case kindWord:
		return pick(n, []string{"urgent", "north", "repeat", "partner", "trial"})
	case kindURL, kindFile:
		return fmt.Sprintf("https://files.example/%s/%d", c.id, n)
	}
	return fmt.Sprintf("%s %d", pick(n, []string{"Harbour", "Meadow", "Lantern", "Copper", "Juniper", "Quarry"}), n)
}

func pick(n int, from []string) string { return from[n%len(from)] }

func firstNames() []string {
	return []string{"Ada", "Bola", "Chen", "Dina", "Emil", "Farah", "Goro", "Hana", "Ines", "Jonas"}
}

func lastNames() []string {
	return []string{"Okafor", "Lindqvist", "Tanaka", "Moreau", "Nowak", "Silva", "Haddad"}
}

func companies() []string {
	return []string{"Northwind", "Bluefern", "Stonebridge", "Halfmoon", "Redpine", "Clearwater"}
}
