package emulator

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// source draws the strings the emulator hands out. It is not safe for several
// callers at once: the state's lock guards it.
type source struct{ random *rand.Rand }

// newSource gives two independent streams for one seed, told apart by stream,
// so that what is signed in meanwhile does not change the ids of Authentications.
func newSource(seed uint64, stream byte) source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	key[8] = stream
	return source{rand.New(rand.NewChaCha8(key))}
}

// freshSource cannot be foretold; see Options.Seed for why secrets use it.
func freshSource() source {
	var key [32]byte
	_, _ = cryptorand.Read(key[:]) // never fails (crypto/rand since Go 1.24)
	return source{rand.New(rand.NewChaCha8(key))}
}

// text is n characters of letters and digits, the look of Zapier's ids such as "KrG4mmZs".
func (s source) text(n int) string {
	drawn := make([]byte, n)
	for i := range drawn {
		drawn[i] = alphabet[s.random.IntN(len(alphabet))]
	}
	return string(drawn)
}

// number is six digits, the other look of Zapier's ids, such as "495093".
func (s source) number() string { return strconv.Itoa(100000 + s.random.IntN(900000)) }

// uuid is a random UUID, version 4.
func (s source) uuid() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], s.random.Uint64())
	binary.LittleEndian.PutUint64(b[8:], s.random.Uint64())
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return formatUUID(b)
}
