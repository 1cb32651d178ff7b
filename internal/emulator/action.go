package emulator

import (
	"slices"
	"strings"
)

// Types of actions (api.md 2.8).
const (
	typeRead           = "READ"
	typeReadBulk       = "READ_BULK"
	typeWrite          = "WRITE"
	typeSearch         = "SEARCH"
	typeSearchOrWrite  = "SEARCH_OR_WRITE"
	typeSearchAndWrite = "SEARCH_AND_WRITE"
	typeFilter         = "FILTER"
)

func actionTypes() []string {
	return []string{typeRead, typeReadBulk, typeWrite, typeSearch, typeSearchOrWrite, typeSearchAndWrite, typeFilter}
}

// action is one operation of an App. Its key is stable, its id is not (action_id.go).
type action struct {
	index              int // in directory.actions
	app                App
	key, kind          string
	title, description string
	instant            bool
	thing              thing
	form               form
	// columns are what a record has, so which output fields there are. They may
	// depend on what is filled in.
	columns func(filling) []column
	// shelf tells apart what lies apart within one account, such as worksheets.
	shelf func(filling) string
}

// triggers reports whether the action can only begin a Zap.
func (a *action) triggers() bool { return a.kind == typeRead || a.kind == typeReadBulk }

// begins reports whether a Zap may begin with this action (api.md 4, step 3).
func (a *action) begins() bool { return a.triggers() || a.kind == typeSearch }

// writes reports whether running the action may change something at the App.
func (a *action) writes() bool {
	return a.kind == typeWrite || a.kind == typeSearchOrWrite || a.kind == typeSearchAndWrite
}

// newAction is what every App of this kind has; special.go changes some.
func newAction(app App, t thing, kind string) *action {
	noun, lower := t.noun, strings.ToLower(t.noun)
	a := &action{
		app: app, kind: kind, thing: t,
		form:    t.form,
		columns: func(filling) []column { return t.columns },
		shelf:   func(filling) string { return "" },
	}
	switch kind {
	case typeRead:
		a.key, a.title, a.description = "new_"+snake(noun), "New "+noun, "Triggers when a new "+lower+" is there."
		a.form, a.instant = t.narrowForm, len(app.Slug)%2 == 1
	case typeReadBulk:
		a.key, a.title, a.description = "list_"+snake(t.plural), "List "+t.plural, "Triggers with all "+strings.ToLower(t.plural)+" at once."
		a.form = t.narrowForm
	case typeWrite:
		a.key, a.title, a.description = "create_"+snake(noun), "Create "+noun, "Creates a new "+lower+"."
	case typeSearch:
		a.key, a.title, a.description = "find_"+snake(noun), "Find "+noun, "Finds a "+lower+" by its "+strings.ToLower(t.main().title())+"."
		a.form = t.searchForm
	case typeSearchOrWrite:
		a.key, a.title, a.description = "find_or_create_"+snake(noun), "Find or Create "+noun, "Finds a "+lower+", or creates it."
	case typeSearchAndWrite:
		a.key, a.title, a.description = "find_and_update_"+snake(noun), "Find and Update "+noun, "Finds a "+lower+" and changes it."
	}
	return a
}

// narrowForm offers to look at one part of the records only.
func (t thing) narrowForm(filling) []formItem {
	items := []formItem{}
	for _, c := range t.columns {
		if c.kind == kindStatus {
			items = append(items, c.field().help("Leave empty for all."))
		}
	}
	return items
}

func (t thing) searchForm(filling) []formItem {
	field := t.main().field()
	return []formItem{field.required().help("A part of it is enough, in upper or lower case.")}
}

// actionTable makes the actions of all Apps, in the order of the directory.
func actionTable(apps []App) []*action {
	var actions []*action
	things := thingTable()
	for _, app := range apps {
		for _, t := range things[app.Slug] {
			for _, kind := range app.ActionTypes {
				actions = append(actions, newAction(app, t, kind))
			}
		}
		if app.ID == AppNoAuthentication {
			actions = append(actions, filterAction(app))
		}
	}
	for i, a := range actions {
		a.index = i
		if change, special := specialActions()[a.app.Slug+"/"+a.key]; special {
			change(a)
		}
	}
	return actions
}

// actionsOf lists an App's actions of one kind; "" means all.
func (d *directory) actionsOf(app, kind string) []*action {
	found := []*action{}
	for _, a := range d.actions {
		if a.app.ID == app && (kind == "" || a.kind == kind) {
			found = append(found, a)
		}
	}
	return found
}

// actionByKey finds an action by what is stable about it.
func (d *directory) actionByKey(app, kind, key string) (*action, bool) {
	i := slices.IndexFunc(d.actions, func(a *action) bool { return a.app.ID == app && a.kind == kind && a.key == key })
	if i < 0 {
		return nil, false
	}
	return d.actions[i], true
}
