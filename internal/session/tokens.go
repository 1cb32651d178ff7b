package session

import "context"

// Tokens are the access tokens of one user, for a client that speaks for them.
type Tokens struct {
	manager *Manager
	user    string
}

// Tokens returns the access tokens of the user.
func (m *Manager) Tokens(userID string) Tokens { return Tokens{manager: m, user: userID} }

// Token is [Manager.Token] for this user.
func (t Tokens) Token(ctx context.Context) (string, error) { return t.manager.Token(ctx, t.user) }

// Renew is [Manager.Renew] for this user.
func (t Tokens) Renew(ctx context.Context, rejected string) (string, error) {
	return t.manager.Renew(ctx, t.user, rejected)
}
