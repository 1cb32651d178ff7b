package session

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/zapembed/zapembed/internal/audit"
)

// handoverLife is how long a code may take from the popup to the frame behind
// it, which is one message and one request.
const handoverLife = time.Minute

// handover is a sign-in that was finished in a popup and waits for the frame
// on another site that opened it: browsers give the two different cookies. It
// lies under a random code that works once.
//
// The code alone is worth nothing. The frame made a secret before it opened
// the popup (the verifier) and sent only its SHA-256 along (the challenge, as
// in RFC 7636), so:
//
//   - a code that leaks, or is taken to another frame, opens no session there;
//   - a code of somebody else's sign-in that is slipped to a frame does not
//     sign its visitor in as that other person;
//   - whoever lures a visitor to a sign-in with a challenge of his own never
//     sees the code: the popup gives it to a window of our own origin only,
//     and the server to nobody. That is why there is no way to ask for the
//     code by the verifier.
//
// The grant waits in here and not in its usual place. If the code is never
// redeemed the tokens go with the record, and a grant there may be is untouched.
type handover struct {
	User      User   `json:"user"`
	Grant     grant  `json:"grant"`
	Challenge string `json:"challenge"`
}

// answeredBy says whether verifier is the secret behind the challenge.
func (h handover) answeredBy(verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	answer := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(answer), []byte(h.Challenge)) == 1
}

// handOver stores the sign-in for the frame and returns its code. The session
// that carried it in the popup stays, anonymous, until it expires: another
// popup may be on its way to Zapier with it.
func (m *Manager) handOver(ctx context.Context, h handover) (string, error) {
	code, err := randomID(m.random)
	if err != nil {
		return "", err
	}
	return code, m.holdings.handovers.Create(ctx, code, h.User.ID, h, m.now().Add(handoverLife))
}

// Redeem ends a sign-in that was handed over: the session of the request, which
// is the frame's, gets a new id and the user, and the grant is stored.
// A frame without a session gets one. ErrSignInUnknown when the code is
// unknown, used or late; ErrSignInOtherBrowser when the verifier is not the
// secret of the frame that asked, and the code is spent then, too.
func (m *Manager) Redeem(w http.ResponseWriter, r *http.Request, code, verifier string) (State, error) {
	s, err := m.sessions.Get(r, m.sessions.Name())
	if err != nil {
		return State{}, err
	}
	h, err := m.takeHandover(r.Context(), code, verifier)
	if err != nil {
		return State{}, err
	}
	if s.ID == "" {
		if err := s.Save(r, w); err != nil {
			return State{}, err
		}
	}
	if err := m.admit(w, r, s, h.User, h.Grant); err != nil {
		return State{}, err
	}
	return StateOf(s).clone(), nil
}

func (m *Manager) takeHandover(ctx context.Context, code, verifier string) (handover, error) {
	h, err := m.holdings.handovers.Take(ctx, code)
	switch {
	case absent(err):
		audit.Log(ctx, m.log, audit.HandoverRefused, "reason", "unknown, used or late")
		return handover{}, ErrSignInUnknown
	case err != nil:
		return handover{}, err
	case !h.answeredBy(verifier):
		audit.Log(ctx, m.log, audit.HandoverRefused, "reason", "another frame's")
		return handover{}, ErrSignInOtherBrowser
	}
	return h, nil
}
