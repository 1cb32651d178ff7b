package contract_test

import "slices"

// defect is a place where the document is wrong, and its correction.
type defect struct {
	name string
	// why says how that is known.
	why string
	// of are the operations whose exchanges need the correction.
	of []string
	// correct mends the copy of the document, and the operation in it.
	correct func(d document, operation object)
}

// defects are all of them. The shorter the better: each is a place where nobody
// but us has looked whether client and emulator are right.
func defects() []defect {
	return []defect{
		{
			"an array where there is one object",
			"Its generator takes every operation named list for a list; guides and older editions show the object (api.md 2.3).",
			[]string{
				"GET /v1/apps", "GET /v1/categories", "GET /v1/profiles/me", "GET /v1/zaps", "GET /v2/actions", "GET /v2/apps",
				"GET /v2/whitelabel/apps", "GET /v2/zap-runs", "GET /v2/zaps", "POST /v2/actions/{action_id}/inputs/{input_id}/choices",
			},
			func(_ document, operation object) {
				answer := document{operation}.at("responses", "200", "content", "application/json")
				answer["schema"] = answer["schema"].(object)["items"]
			},
		},
		{
			"the type of an Action and its action_type share an enum",
			"The description of the field lists the true seven (api.md 2.8).",
			[]string{"GET /v2/actions", "GET /v2/zaps", "POST /v2/zaps"},
			func(d document, _ object) {
				document{d.schema("Action")}.at("properties")["action_type"] = object{"enum": actionTypes()}
			},
		},
		{
			"FILTER is missing from the query's action_type",
			"The guide to filters asks for it, and the answers hold it (api.md 2.8).",
			[]string{"GET /v2/actions"},
			func(_ document, operation object) {
				parameter(operation, "action_type")["schema"] = object{"type": "string", "enum": actionTypes()}
			},
		},
		{
			"format and items are required of every input field",
			"They are left out where they mean nothing, as in its own examples (api.md 2.9; 7, contradiction 13).",
			[]string{"POST /v2/actions/{action_id}/inputs"},
			func(d document, _ object) { optional(d.schema("InputField"), "format", "items") },
		},
		{
			"the fields of a fieldset are one field",
			"The description and the guide have a list (api.md 2.9).",
			[]string{"POST /v2/actions/{action_id}/inputs"},
			func(d document, _ object) {
				document{d.schema("Fieldset")}.at("properties")["fields"] = object{
					"type": "array", "items": object{"$ref": "#/components/schemas/FieldsetFieldsField"},
				}
			},
		},
		{
			"the first page has no page before it, the last none after it",
			"v1 shows null for both (api.md 2.4).",
			[]string{"GET /v1/apps"},
			func(d document, _ object) { nullable(d.schema("AppsResponse"), "prev_url", "next_url") },
		},
		{
			"links of a list of Zaps may not be null",
			"It says nullable, which was a keyword until 3.0; its own examples have null (api.md 2.4).",
			[]string{"GET /v2/zaps"},
			func(d document, _ object) {
				document{d.schema("ExpandedZapsResponse")}.at("properties", "links")["additionalProperties"] = object{"type": []any{"string", "null"}}
			},
		},
		{
			"every user has a timezone",
			"The guide's example has null (api.md 1.5).",
			[]string{"GET /v1/profiles/me"},
			func(d document, _ object) { nullable(d.schema("Profile"), "timezone") },
		},
		{
			"the headers about limits are addresses",
			"They are counts, seconds and a time in seconds (api.md 6), whole numbers all.",
			limited(),
			func(_ document, operation object) {
				for _, status := range []string{"429", "503"} {
					for _, header := range (document{operation}).at("responses", status, "headers") {
						header.(object)["schema"] = object{"type": "string", "pattern": "^[0-9]+$"}
					}
				}
			},
		},
		{
			"a flag of v1 needs a value",
			"It is set by being there (api.md 2.6).",
			[]string{"GET /v1/apps", "GET /v1/zaps"},
			func(_ document, operation object) {
				for _, name := range []string{"is_in_zap_template_with", "get_params"} {
					if flag := parameter(operation, name); flag != nil {
						flag["allowEmptyValue"] = true
					}
				}
			},
		},
		{
			"a parameter has a pattern for a name",
			"{{KEY}} stands for the id of an input field, which OpenAPI cannot say; the walk asks for full_name (api.md 2.6).",
			[]string{"GET /v1/zaps"},
			func(_ document, operation object) {
				parameter(operation, "params__{{KEY}}")["name"] = "params__full_name"
			},
		},
		{
			"inputs is one text",
			"The description has inputs[KEY]=V1,V2 (api.md 2.14).",
			[]string{"GET /v2/zaps"},
			func(_ document, operation object) {
				inputs := parameter(operation, "inputs")
				inputs["style"], inputs["explode"] = "deepObject", true
				inputs["schema"] = object{"type": "object", "additionalProperties": object{"type": "string"}}
			},
		},
		{
			"a new Zap has no switch",
			"The guide sends enabled (api.md 2.14; 7, contradiction 8).",
			[]string{"POST /v2/zaps"},
			func(d document, _ object) {
				document{d.schema("CreateZapRequest")}.at("properties")["enabled"] = object{"type": "boolean"}
			},
		},
		{
			"nobody is told of the end of an action run",
			"The newer edition calls the address at /data/callback_url back (api.md 2.17).",
			[]string{"POST /v2/action-runs"},
			func(d document, _ object) {
				document{d.schema("_RunActionRequest")}.at("properties")["callback_url"] = object{
					"type": "string", "format": "uri", "pattern": "^https://", "maxLength": 2048,
				}
			},
		},
		{
			"templates cannot be asked for by their ids",
			"The older guide has the parameter (api.md 2.6).",
			[]string{"GET /v1/zap-templates"},
			func(_ document, operation object) {
				operation["parameters"] = append(operation["parameters"].([]any), object{
					"name": "templates", "in": "query", "schema": object{"type": "string"},
				})
			},
		},
	}
}

func actionTypes() []any {
	return []any{"READ", "READ_BULK", "WRITE", "SEARCH", "SEARCH_OR_WRITE", "SEARCH_AND_WRITE", "FILTER"}
}

// limited are the operations that declare the headers about limits.
func limited() []string {
	return []string{
		"GET /v1/apps", "GET /v1/categories", "GET /v1/profiles/me", "GET /v1/zap-templates", "GET /v1/zaps",
		"GET /v2/action-runs/{id}", "GET /v2/actions", "GET /v2/apps", "GET /v2/authentications", "GET /v2/whitelabel/apps",
		"GET /v2/zap-runs", "GET /v2/zaps", "POST /v2/action-runs", "POST /v2/actions/{action_id}/inputs",
		"POST /v2/actions/{action_id}/inputs/{input_id}/choices", "POST /v2/actions/{action_id}/outputs", "POST /v2/actions/{action_id}/test",
		"POST /v2/authentications", "POST /v2/guess", "POST /v2/zaps",
	}
}

// parameter is one of an operation's, nil if it has none of this name.
func parameter(operation object, name string) object {
	for _, p := range operation["parameters"].([]any) {
		if p.(object)["name"] == name {
			return p.(object)
		}
	}
	return nil
}

func optional(schema object, members ...string) {
	schema["required"] = slices.DeleteFunc(schema["required"].([]any), func(name any) bool { return slices.Contains(members, name.(string)) })
}

func nullable(schema object, members ...string) {
	for _, member := range members {
		property := document{schema}.at("properties", member)
		property["type"] = []any{property["type"], "null"}
	}
}
