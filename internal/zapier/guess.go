package zapier

import (
	"context"
	"encoding/json"
	"net/http"
)

// Guess is a Zap that Zapier made of a description (api.md 2.18).
type Guess struct {
	Title string      `json:"title"`
	Steps []GuessStep `json:"steps"`
	// PrefilledURL opens Zapier's editor with the guess filled in.
	PrefilledURL string `json:"prefilled_url"`
	// Messages are remarks; in what form is not documented, but for a text "detail" in refusals.
	Messages []json.RawMessage `json:"messages,omitempty"`
}

// GuessStep is a step and what could stand in its place.
type GuessStep struct {
	Step         GuessedStep   `json:"step"`
	Alternatives []GuessedStep `json:"alternatives"`
}

// GuessedStep names an App for a step.
type GuessedStep struct {
	// Title says what the step does; may be empty.
	Title string `json:"title"`
	// App is the App's title.
	App string `json:"app"`
	// API is the App's name for filling in the editor, perhaps with a version: "LinkedInLeadGenFormsCLIAPI@2.7.1".
	API string `json:"api"`
}

// GuessZap makes a Zap of a description in plain words: POST /v2/guess, client id (api.md 2.18, beta). Invalid,
// with Zapier's advice in the Problems' Detail, when the description is not one of a Zap.
func (c *Client) GuessZap(ctx context.Context, description string) (Guess, error) {
	body := struct {
		Description string `json:"description"`
	}{description}
	var guess Guess
	err := c.call(ctx, request{op: "guess", method: http.MethodPost, path: "/v2/guess", body: body, credential: clientID}, &guess)
	return guess, err
}
