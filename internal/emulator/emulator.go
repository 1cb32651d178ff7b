package emulator

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// DefaultURL is the origin that stands for all of Zapier's hosts unless
// Options says otherwise.
const DefaultURL = "http://127.0.0.1:8081"

// Options says what to emulate. The zero value of each field but Clients works.
type Options struct {
	// WebURL is the origin that stands for https://zapier.com: sign-in, consent,
	// the connect popup, and the page that posts the popup's message.
	WebURL string
	// APIURL is the origin that stands for https://api.zapier.com. Default: WebURL.
	APIURL string
	// Clients are the registered partners; at least one.
	Clients []Client
	// Now is the only clock. Default: time.Now.
	Now func() time.Time
	// Seed decides every id, code and token: the same seed and the same calls
	// give the same ones. With 0 the ids are those of seed 1, but codes and
	// tokens differ at each start, so that a session which outlived the emulator
	// cannot hold what has become somebody else's token.
	Seed uint64
	// PartyTimeout is how long a third party may take to answer. Default: 30 seconds.
	PartyTimeout time.Duration
	// Limits are the requests that are taken in a minute. Default: any number;
	// DocumentedLimits are Zapier's.
	Limits Limits
	// SeedFile is what to start with, and what Reset goes back to, beside the
	// built-in people and Authentications. See ReadSeed.
	SeedFile SeedFile
	// Logger gets one line for each request, without secrets. Default: none.
	Logger *slog.Logger
	// Readings decide what Zapier's documents leave open.
	Readings Readings
}

// Client is a partner as Zapier would have registered it (api.md 1.2).
type Client struct {
	// ID and Secret are the OAuth credentials.
	ID, Secret string
	// RedirectURIs are compared as exact strings.
	RedirectURIs []string
	// Title is the name on the consent page.
	Title string
	// App is the id of the partner's own App in the directory, in lower case. With "" the partner
	// has none there, and "Zaps that use your App" are those it made.
	App string
}

// Emulator is one emulated Zapier. It is safe for many callers at once.
type Emulator struct {
	webURL, apiURL string
	clients        map[string]Client
	now            func() time.Time
	partyTimeout   time.Duration
	logger         *slog.Logger
	directory      *directory
	state          *state
	handler        http.Handler
	routed         chi.Routes // what handler serves, for Coverage
}

// New makes an emulator, or says everything that is wrong with the options.
func New(options Options) (*Emulator, error) {
	options = withDefaults(options)
	directory := newDirectory()
	clients, err := register(options.Clients, directory)
	limits, limitsErr := options.Limits.complete()
	if err := errors.Join(checkOrigin("WebURL", options.WebURL), checkOrigin("APIURL", options.APIURL), err, limitsErr); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	options.Limits = limits
	e := &Emulator{
		webURL:  options.WebURL,
		apiURL:  options.APIURL,
		clients: clients,
		now:     options.Now,

		partyTimeout: options.PartyTimeout,

		logger:    options.Logger,
		directory: directory,
		state:     newState(directory, options),
	}
	routes := e.routes()
	e.handler, e.routed = routes, routes
	if err := e.Seed(options.SeedFile); err != nil {
		return nil, err
	}
	return e, nil
}

// Handler serves every host of Zapier, told apart by path alone.
func (e *Emulator) Handler() http.Handler { return e.handler }

func withDefaults(options Options) Options {
	if options.WebURL == "" {
		options.WebURL = DefaultURL
	}
	if options.APIURL == "" {
		options.APIURL = options.WebURL
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.PartyTimeout <= 0 {
		options.PartyTimeout = PartyTimeout
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return options
}

// checkOrigin refuses anything but scheme://host: every path of the emulator
// starts at the root, and the message's origin is compared as a string.
func checkOrigin(name, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Scheme+"://"+u.Host != value {
		return fmt.Errorf("%s %q is not an origin such as %s", name, value, DefaultURL)
	}
	return nil
}

func register(clients []Client, directory *directory) (map[string]Client, error) {
	if len(clients) == 0 {
		return nil, errors.New("no Clients: nobody could sign in")
	}
	var problems []error
	registered := make(map[string]Client, len(clients))
	for _, client := range clients {
		if _, twice := registered[client.ID]; twice {
			problems = append(problems, fmt.Errorf("client %q is there twice", client.ID))
		}
		problems = append(problems, checkClient(client, directory))
		registered[client.ID] = client
	}
	return registered, errors.Join(problems...)
}

func checkClient(client Client, directory *directory) error {
	if client.ID == "" || client.Secret == "" || client.Title == "" || len(client.RedirectURIs) == 0 {
		return fmt.Errorf("client %q needs an ID, a Secret, a Title and a redirect URI", client.ID)
	}
	if _, known := directory.app(client.App); client.App != "" && !known {
		return fmt.Errorf("client %q: there is no App %q in the directory", client.ID, client.App)
	}
	for _, uri := range client.RedirectURIs {
		u, err := url.Parse(uri)
		if err != nil || !u.IsAbs() || u.Host == "" || strings.Contains(uri, "#") {
			return fmt.Errorf("client %q: redirect URI %q is not an absolute URL without fragment", client.ID, uri)
		}
	}
	return nil
}
