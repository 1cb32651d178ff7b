package zapier

import (
	"context"
	"iter"
)

// ActionType says what an Action does (api.md 2.8).
type ActionType string

// The types of Action.
const (
	// ActionRead triggers a Zap; it is where most Zaps begin.
	ActionRead ActionType = "READ"
	// ActionReadBulk triggers a Zap with many objects at once.
	ActionReadBulk ActionType = "READ_BULK"
	// ActionWrite creates or changes something.
	ActionWrite ActionType = "WRITE"
	// ActionSearch finds something.
	ActionSearch ActionType = "SEARCH"
	// ActionSearchOrWrite finds something, or creates it when there is none.
	ActionSearchOrWrite ActionType = "SEARCH_OR_WRITE"
	// ActionSearchAndWrite finds something and changes it.
	ActionSearchAndWrite ActionType = "SEARCH_AND_WRITE"
	// ActionFilter lets a Zap go on or ends it (api.md 4).
	ActionFilter ActionType = "FILTER"
)

// Action is an operation of an App (api.md 2.8).
type Action struct {
	// ID may change at every look-up. Do not keep it: keep App, ActionType and Key, and see GetAction.
	ID string `json:"id"`
	// Key is stable and unique within its App and type.
	Key string `json:"key"`
	// App is the App's id, or the App where an answer expands it.
	App         Ref[App]   `json:"app"`
	ActionType  ActionType `json:"action_type"`
	IsInstant   bool       `json:"is_instant"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
}

// Actions iterates over the Actions of an App, of one type or, with "", of all:
// GET /v2/actions?app=, scope zap or the client id (api.md 2.8). Invalid when there is no such App.
func (c *Client) Actions(ctx context.Context, app string, actionType ActionType) iter.Seq2[Action, error] {
	query := queryOf(map[string]string{"app": app, "action_type": string(actionType)})
	// The call documents neither limit nor offset, though its answers have links: it chooses the pages' size.
	return all[Action](ctx, c, request{op: "actions.list", path: "/v2/actions", query: query, credential: tokenOrClientID}, 0)
}

// ListActions is Actions gathered to the last page.
func (c *Client) ListActions(ctx context.Context, app string, actionType ActionType) ([]Action, error) {
	return collect(c.Actions(ctx, app, actionType))
}

// GetAction looks up the Action that an App has under a type and a key, to learn the id of the day; its Kind
// is NotFound when there is none. It is a list that is read until the Action comes: GET /v2/actions?app=,
// scope zap or the client id (api.md 2.8).
func (c *Client) GetAction(ctx context.Context, app string, actionType ActionType, key string) (Action, error) {
	for action, err := range c.Actions(ctx, app, actionType) {
		if err != nil {
			return Action{}, err
		}
		if action.Key == key {
			return action, nil
		}
	}
	return Action{}, &Error{Kind: NotFound, Op: "actions.get"}
}
