package emulator

import (
	"cmp"
	"net/http"
	"strconv"
)

// choicesPerPage is small on purpose, so that whoever reads only the first page
// notices. Zapier's own size is not documented (api.md 2.10).
const choicesPerPage = 5

// inputsList serves POST /v2/actions/{action_id}/inputs (api.md 2.9). Values of
// fields that have gone meanwhile are ignored: a form sends all it has.
func (e *Emulator) inputsList(w http.ResponseWriter, r *http.Request) error {
	step, err := e.readStep(w, r, stepRules{scope: "zap:write", members: []string{"limit", "offset"}})
	if err != nil {
		return err
	}
	items := step.action.form(step.filling)
	if items == nil {
		items = []formItem{}
	}
	writeJSON(w, http.StatusOK, envelope(items, nil, nil, wholeMeta{Count: len(items)}))
	return nil
}

type choiceBody struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Label string `json:"label"`
	Value string `json:"value"`
}

// choicesList serves POST /v2/actions/{action_id}/inputs/{input_id}/choices
// (api.md 2.10). The next page is to be POSTed with the same body.
func (e *Emulator) choicesList(w http.ResponseWriter, r *http.Request) error {
	step, err := e.readStep(w, r, stepRules{scope: "zap", nullInputs: true})
	if err != nil {
		return err
	}
	field, known := findField(step.action.form(step.filling), pathValue(r, "input_id"))
	if !known || field.Format != formatSelect {
		return invalidParameter("input_id", "The action has no SELECT field of this id with these inputs.")
	}
	for _, id := range field.DependsOn {
		if value := step.filling.values[id]; value == nil || value == "" {
			return invalidField(pointerTo(step.data.at("inputs"), id), id+" must be filled in before "+field.ID+".")
		}
	}
	page, err := intParameter(r.URL.Query(), "page", 1, 1, 1_000_000)
	if err != nil {
		return err
	}
	data := []choiceBody{}
	size := cmp.Or(field.perPage, choicesPerPage)
	for _, c := range cut(field.choices, window{size, (page - 1) * size}) {
		data = append(data, choiceBody{c.id, "choice", c.label, c.id})
	}
	var next, prev *string
	if page*size < len(field.choices) {
		next = e.numberedURL(r, "page", page+1)
	}
	if page > 1 {
		prev = e.numberedURL(r, "page", page-1)
	}
	e.writeEnveloped(w, envelope(data, next, prev, map[string]int{"page": page}))
	return nil
}

// numberedURL is this request's URL with another page number.
func (e *Emulator) numberedURL(r *http.Request, name string, page int) *string {
	query := r.URL.Query()
	query.Set(name, strconv.Itoa(page))
	link := e.apiURL + r.URL.EscapedPath() + "?" + query.Encode()
	return &link
}
