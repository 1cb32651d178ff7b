package contract_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// object is a part of the document as it is written there.
type object = map[string]any

// document is what Zapier publishes.
type document struct{ raw object }

// methods are those the document uses; a path has other members too.
func methods() []string { return []string{"get", "post", "put", "patch", "delete"} }

// published reads the document. It belongs to Zapier and is not in this
// repository: where it is missing the test is skipped, but never in CI.
func published(t *testing.T) document {
	t.Helper()
	for _, shared := range sharedFolders(t) {
		content, err := os.ReadFile(filepath.Join(shared, "zapier", "openapi.yml"))
		if err != nil {
			continue
		}
		var raw object
		require.NoError(t, yaml.Unmarshal(content, &raw))
		return document{raw}
	}
	const missing = "Zapier's openapi.yml is neither in ../shared/zapier beside the project nor below $ZAPEMBED_SHARED"
	if os.Getenv("CI") != "" {
		require.FailNow(t, missing)
	}
	t.Skip(missing)
	return document{}
}

func sharedFolders(t *testing.T) []string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return []string{filepath.Join(folder, "..", "shared"), os.Getenv("ZAPEMBED_SHARED")}
		}
		require.NotEqual(t, filepath.Dir(folder), folder, "there is no go.mod above this package")
		folder = filepath.Dir(folder)
	}
}

// operations are all of them, such as "GET /v2/apps", in order.
func (d document) operations() []string {
	var names []string
	for path, item := range d.raw["paths"].(object) {
		for _, method := range methods() {
			if _, there := item.(object)[method]; there {
				names = append(names, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(names)
	return names
}

// at is the part of the document that keys lead to.
func (d document) at(keys ...string) object {
	part := d.raw
	for _, key := range keys {
		next, found := part[key].(object)
		if !found {
			panic("the document has no " + strings.Join(keys, " > "))
		}
		part = next
	}
	return part
}

// operation is the part that describes one.
func (d document) operation(name string) object {
	method, path, _ := strings.Cut(name, " ")
	return d.at("paths", path, strings.ToLower(method))
}

func (d document) schema(name string) object { return d.at("components", "schemas", name) }

// statuses are those an operation declares, in order.
func (d document) statuses(operation string) []string {
	return slices.Sorted(maps.Keys(d.operation(operation)["responses"].(object)))
}

// scopes are those of a user token for an operation; asked is false where none is taken.
func (d document) scopes(operation string) (scopes []string, asked bool) {
	security, _ := d.operation(operation)["security"].([]any)
	for _, alternative := range security {
		if list, is := alternative.(object)["OAuth"].([]any); is {
			for _, scope := range list {
				scopes = append(scopes, scope.(string))
			}
			return scopes, true
		}
	}
	return nil, false
}

// about is a copy with one operation alone, the given defects corrected, and every object closed.
func (d document) about(t *testing.T, operation string, defects []defect) route {
	t.Helper()
	copied := document{copyOf(d.raw).(object)}
	method, path, _ := strings.Cut(operation, " ")
	copied.raw["paths"] = object{path: object{strings.ToLower(method): copied.operation(operation)}}
	for _, defect := range defects {
		defect.correct(copied, copied.operation(operation))
	}
	copied.prune()
	closeObjects(copied.raw["components"])
	text, err := json.Marshal(copied.raw)
	require.NoError(t, err)
	spec, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err, operation)
	item := spec.Paths.Value(path)
	return route{routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)}}
}

// prune leaves out the schemas that no path leads to: most of them, and loading takes most of the time.
func (d document) prune() {
	all, kept := d.at("components", "schemas"), object{}
	var keep func(part any)
	keep = func(part any) {
		switch part := part.(type) {
		case object:
			ref, _ := part["$ref"].(string)
			name, isRef := strings.CutPrefix(ref, "#/components/schemas/")
			if _, done := kept[name]; isRef && !done {
				kept[name] = all[name]
				keep(all[name])
			}
			for _, value := range part {
				keep(value)
			}
		case []any:
			for _, value := range part {
				keep(value)
			}
		}
	}
	keep(d.raw["paths"])
	d.at("components")["schemas"] = kept
}

func copyOf(part any) any {
	switch part := part.(type) {
	case object:
		copied := object{}
		for key, value := range part {
			// Examples are the harvester's inventions, and most of the document.
			if key != "examples" && key != "example" {
				copied[key] = copyOf(value)
			}
		}
		return copied
	case []any:
		copied := make([]any, len(part))
		for i, value := range part {
			copied[i] = copyOf(value)
		}
		return copied
	}
	return part
}

// closeObjects forbids members that are not declared. Without it a wrong name of
// an optional member passes, and an input field that is wrong passes as an info field.
// The keyword is also what makes the library read schemas as JSON Schema 2020-12:
// without one of the newer keywords it reads schemas with references as 3.0 had them.
func closeObjects(part any) {
	switch part := part.(type) {
	case object:
		_, open := part["additionalProperties"]
		if _, has := part["properties"].(object); has && !open {
			part["unevaluatedProperties"] = false
		}
		for _, value := range part {
			closeObjects(value)
		}
	case []any:
		for _, value := range part {
			closeObjects(value)
		}
	}
}
