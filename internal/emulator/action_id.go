package emulator

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// actionIDLife is how long an id may be used after the look-up that gave it,
// "a while" by api.md 7, unknown 4.
const actionIDLife = time.Hour

// actionIDs gives every look-up new ids for the same actions (api.md 2.8). An id
// is one sealed block that names the action, the time and the look-up, so
// nothing has to be kept for it. The state's lock guards it.
type actionIDs struct {
	block   cipher.Block
	issued  uint64
	lookups map[lookup]uint64 // what issued was at the latest look-up
}

// lookup is who looked up which App.
type lookup struct {
	user int
	app  string
}

// sealed is what an id says.
type sealed struct {
	index  int
	at     time.Time
	issued uint64
}

func newActionIDs(seed uint64) *actionIDs {
	key := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("action ids"), seed))
	block, _ := aes.NewCipher(key[:]) // 32 bytes is a length it takes
	return &actionIDs{block: block, lookups: map[lookup]uint64{}}
}

// mint gives a an id nobody had before. Ids of both documented looks are in use:
// "core:" and something opaque, "uag:" and a UUID.
func (ids *actionIDs) mint(a *action, now time.Time) string {
	ids.issued++
	var plain, out [aes.BlockSize]byte
	binary.BigEndian.PutUint64(plain[0:], uint64(a.index)<<48|ids.issued&(1<<48-1))
	binary.BigEndian.PutUint64(plain[8:], uint64(now.Unix())) // the upper half is zero, by which forgeries are known
	ids.block.Encrypt(out[:], plain[:])
	if a.index%2 == 1 {
		return "uag:" + formatUUID(out)
	}
	return "core:" + base64.RawURLEncoding.EncodeToString(out[:])
}

// open reads an id that mint made, and nothing else.
func (ids *actionIDs) open(id string) (sealed, bool) {
	prefix, text, _ := strings.Cut(id, ":")
	var block []byte
	var err error
	switch prefix {
	case "core":
		block, err = base64.RawURLEncoding.DecodeString(text)
	case "uag":
		block, err = hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	}
	if err != nil || len(block) != aes.BlockSize {
		return sealed{}, false
	}
	ids.block.Decrypt(block, block)
	head, seconds := binary.BigEndian.Uint64(block), binary.BigEndian.Uint64(block[8:])
	return sealed{int(head >> 48), time.Unix(int64(seconds), 0), head & (1<<48 - 1)}, seconds>>33 == 0
}

// lookUp gives ids for a list that user asked for. With fresh, the look-up is
// the user's latest of that App; the further pages of a list are not.
func (s *state) lookUp(user int, app string, actions []*action, fresh bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fresh {
		s.actionIDs.lookups[lookup{user, app}] = s.actionIDs.issued
	}
	minted := make([]string, 0, len(actions))
	for _, a := range actions {
		minted = append(minted, s.actionIDs.mint(a, s.now()))
	}
	return minted
}

// action is what an id stands for, if the id is still good for this user.
func (s *state) action(user int, id string) (*action, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	said, ok := s.actionIDs.open(id)
	if !ok || said.index >= len(s.directory.actions) {
		return nil, false
	}
	a, age := s.directory.actions[said.index], s.now().Sub(said.at)
	if age < -time.Second || age >= actionIDLife {
		return nil, false
	}
	if s.readings.StrictActionIDs && said.issued <= s.actionIDs.lookups[lookup{user, a.app.ID}] {
		return nil, false
	}
	return a, true
}

// formatUUID writes 16 bytes the way a UUID is written.
func formatUUID(b [16]byte) string {
	text := hex.EncodeToString(b[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
