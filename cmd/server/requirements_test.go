package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requirementIDs are those there are. The numbers between the groups were never given away.
func requirementIDs() []string {
	var ids []string
	for _, group := range [][2]int{{1, 14}, {20, 29}, {30, 36}, {40, 49}, {50, 57}, {60, 68}} {
		for number := group[0]; number <= group[1]; number++ {
			ids = append(ids, fmt.Sprintf("R-%02d", number))
		}
	}
	return ids
}

// requirement is a row of SECURITY.md.
type requirement struct {
	id, level, promise, proof string
	// tests are the functions that the proof names.
	tests []string
}

func requirements(t *testing.T) []requirement {
	t.Helper()
	var all []requirement
	for _, row := range readDoc(t, "SECURITY.md").section(t, "Every requirement and its proof").rows() {
		require.Len(t, row, 4, row)
		all = append(all, requirement{row[0], row[1], row[2], row[3], codesIn(row[3])})
	}
	return all
}

// Every must of SECURITY.md has a test that names it, and whatever the table calls a proof is one.
func TestRequirementsAreProved(t *testing.T) {
	tests := testFunctions(t)
	var listed []string
	for _, row := range requirements(t) {
		listed = append(listed, row.id)
		t.Run(row.id, func(t *testing.T) {
			assert.Contains(t, []string{"must", "should", "documented"}, row.level)
			assert.NotEmpty(t, row.proof, "a requirement that no test proves says why")
			if row.level == "must" {
				assert.NotEmpty(t, row.tests, "a must is proved by a test")
			}
			for _, name := range row.tests {
				if text, ok := tests[name]; assert.True(t, ok, "there is no test %s", name) {
					assert.Contains(t, text, row.id, "%s does not say that it proves %s", name, row.id)
				}
			}
		})
	}
	assert.Equal(t, requirementIDs(), listed, "each requirement has one row, in order")
}

// Who finds an id in a test finds its promise in SECURITY.md.
func TestRequirementsInTestsArePromised(t *testing.T) {
	id := regexp.MustCompile(`\bR-\d\d\b`)
	for name, text := range testFiles(t) {
		for _, found := range id.FindAllString(text, -1) {
			assert.Contains(t, requirementIDs(), found, name)
		}
	}
}

// The threat model fits on a page, and its proofs are tests that there are.
func TestThreatModelNamesItsProofs(t *testing.T) {
	page := readDoc(t, "docs/threat-model.md")
	assert.LessOrEqual(t, strings.Count(page.text, "\n"), 60, "lines of one page")
	tests := testFunctions(t)
	for _, row := range page.rows() {
		proofs := codesIn(row[len(row)-1])
		assert.NotEmpty(t, proofs, row)
		for _, name := range proofs {
			assert.Contains(t, tests, name)
		}
	}
}

// whoever puts Zapembed below a path of another application is told what that costs.
func TestPathPrefixIsCalledWeaker(t *testing.T) {
	modes := readDoc(t, "SECURITY.md").section(t, "How each deployment differs").text
	assert.Contains(t, modes, "The weakest of them")
	for _, page := range []string{"docs/embedding.md", "docs/settings.md"} {
		assert.Contains(t, readFile(t, page), "SECURITY.md#how-each-deployment-differs", page)
	}
}

// What is done in one place alone, or in none, so that its rule need not be looked for anywhere else.
func TestOnlyOnePlaceDoesThis(t *testing.T) {
	sources := sourceFiles(t, []string{".go", ".templ", ".js"}, func(name string) bool {
		return !strings.Contains(name, "_test.") && !strings.Contains(name, "/jstest/") && !strings.HasSuffix(name, "_templ.go") && !strings.Contains(name, "/emulator/")
	})
	for pattern, place := range map[string]string{
		`http\.SetCookie\(`:                   "internal/session/cookie.go", // there is one cookie
		`ReuseTokenSource|\.NewClient\(ctx`:   "",                           // nobody refreshes but the one who holds the lease
		`InsecureSkipVerify`:                  "",
		`AddInsecureBypassPattern`:            "",
		`Access-Control-Allow`:                "",
		`\.postMessage\([^;]*['"]\*`:          "",
		`innerHTML|insertAdjacentHTML|eval\(`: "",
		`templ\.Raw\(`:                        "internal/handlers/markdown.go",
		`httputil\.`:                          "", // the proxy makes its requests anew
	} {
		for name, text := range sources {
			if name != place {
				assert.NotRegexp(t, pattern, text, name)
			}
		}
		if place != "" {
			assert.Regexp(t, pattern, sources[place], "nothing is left to look for in %s", place)
		}
	}
}

// testFiles are the tests of the program and of the browser's modules, by name.
func testFiles(t *testing.T) map[string]string {
	t.Helper()
	return sourceFiles(t, []string{"_test.go", ".test.js"}, func(string) bool { return true })
}

// sourceFiles are the files of the program with one of the endings, by name.
func sourceFiles(t *testing.T, endings []string, wanted func(name string) bool) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, folder := range []string{"cmd", "internal", "web"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			name := filepath.ToSlash(strings.TrimPrefix(path, filepath.Clean(root)+string(filepath.Separator)))
			if err != nil || !wanted(name) || !slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(name, ending) }) {
				return err
			}
			content, err := os.ReadFile(path)
			files[name] = string(content)
			return err
		}))
	}
	return files
}

// testFunctions are the tests and fuzz targets there are, each as it is written, with the comment above it.
func testFunctions(t *testing.T) map[string]string {
	t.Helper()
	functions := map[string]string{}
	for path, text := range testFiles(t) {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.ParseComments)
		require.NoError(t, err)
		for _, declared := range file.Decls {
			function, ok := declared.(*ast.FuncDecl)
			if !ok || function.Recv != nil || !slices.ContainsFunc([]string{"Test", "Fuzz"}, func(kind string) bool { return strings.HasPrefix(function.Name.Name, kind) }) {
				continue
			}
			from := function.Pos()
			if function.Doc != nil {
				from = function.Doc.Pos()
			}
			// Two packages may have tests of one name.
			functions[function.Name.Name] += text[set.Position(from).Offset:set.Position(function.End()).Offset]
		}
	}
	return functions
}
