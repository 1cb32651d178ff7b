package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/store"
)

// settings is what the environment says. Every field is one variable; its help is printed by
// `server -help` and stands in docs/settings.md.
type settings struct {
	PublicURL    string `env:"PUBLIC_URL" help:"Where browsers reach the server; a path in it becomes the prefix of every route. Must be https unless it is on loopback. Without it: http://localhost and the port of LISTEN_ADDR."`
	ListenAddr   string `env:"LISTEN_ADDR" envDefault:"127.0.0.1:8080" help:"Address and port to listen on."`
	AdminAddr    string `env:"ADMIN_ADDR" help:"Address and port for /livez and /readyz. Nothing listens when it is empty."`
	EmbedOrigins string `env:"EMBED_ORIGINS" help:"Origins of yours whose pages may show Zapembed in a frame, separated by spaces. They must be of the same site as PUBLIC_URL, or the session cookie does not reach the frame."`

	StoreURL  string `env:"STORE_URL" envDefault:"sqlite:zapembed.db" help:"Where sessions, grants and attempts are kept: sqlite:FILE."`
	StoreKeys string `env:"STORE_KEYS" secret:"true" help:"Keys that seal what is kept: 32 bytes in base64, several separated by commas. The first seals, all open. With the emulator a key file is made beside the database; elsewhere it must be set."`

	SessionIdle     time.Duration `env:"SESSION_IDLE" envDefault:"24h" help:"A session ends when nobody used it for so long."`
	SessionAbsolute time.Duration `env:"SESSION_ABSOLUTE" envDefault:"720h" help:"A session ends this long after signing in, used or not."`

	ClientID     string `env:"ZAPIER_CLIENT_ID" help:"The client id of your integration. Without it the emulator is started and stands in for Zapier."`
	ClientSecret string `env:"ZAPIER_CLIENT_SECRET" secret:"true" help:"The client secret of your integration."`
	APIURL       string `env:"ZAPIER_API_URL" help:"Zapier's API; https://api.zapier.com, or the emulator."`
	Origin       string `env:"ZAPIER_ORIGIN" help:"The exact origin of Zapier's pages, whose popup message counts; https://zapier.com, or the emulator."`
	Scopes       string `env:"ZAPIER_SCOPES" envDefault:"profile zap zap:all zap:write zap:update zap:runs connection:read connection:write" help:"The scopes to ask for, separated by spaces. Pages offer only what the granted ones allow."`
	ImageOrigins string `env:"ZAPIER_IMAGE_ORIGINS" help:"Origins that App icons come from, separated by spaces; https://zapier-images.imgix.net, or the emulator."`

	OwnApps string `env:"OWN_APPS" file:"true" help:"Your own Apps whose accounts people add by filling in a form instead of in Zapier's window, as JSON: see Your own App in connect.md. Needs the scope connection:write."`

	Emulator     string `env:"EMULATOR" envDefault:"auto" help:"auto: started when ZAPIER_CLIENT_ID is empty and PUBLIC_URL is on loopback. on: started also for a public address. off: never."`
	EmulatorAddr string `env:"EMULATOR_ADDR" envDefault:"127.0.0.1:8081" help:"Address and port of the emulator."`

	LogFormat string `env:"LOG_FORMAT" envDefault:"text" help:"text or json."`
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error."`

	// What follows is worked out from the above.
	public      *url.URL
	storeFile   string
	useEmulator bool
	ownApps     []handlers.OwnApp
	level       slog.Level
}

// settingsError says everything that is wrong at once, a line each.
type settingsError []string

func (e settingsError) Error() string {
	if len(e) == 1 {
		return "server: " + e[0]
	}
	return fmt.Sprintf("server: %d settings are not right:\n- %s", len(e), strings.Join(e, "\n- "))
}

// readSettings reads and checks the environment, given as "NAME=value" lines.
func readSettings(environ []string) (settings, error) {
	values := env.ToMap(environ)
	problems := readFiles(values)
	parsed, err := env.ParseAsWithOptions[settings](env.Options{Environment: values})
	unparsed := parseProblems(err)
	problems = append(problems, unparsed...)
	problems = append(problems, parsed.resolve()...)
	if len(unparsed) == 0 && (parsed.SessionIdle < time.Minute || parsed.SessionAbsolute < parsed.SessionIdle) {
		problems = append(problems, "SESSION_IDLE must be at least a minute, and SESSION_ABSOLUTE no shorter than SESSION_IDLE.")
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return settings{}, settingsError(problems)
	}
	return parsed, nil
}

// readFiles fills NAME from the file that NAME_FILE names.
func readFiles(values map[string]string) []string {
	var problems []string
	for _, field := range settingFields() {
		path := values[field.name+"_FILE"]
		if !field.file || path == "" {
			continue
		}
		if values[field.name] != "" {
			problems = append(problems, fmt.Sprintf("%s and %s_FILE are both set; keep one of them.", field.name, field.name))
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s_FILE: %s cannot be read: %v.", field.name, path, errors.Unwrap(err)))
			continue
		}
		values[field.name] = strings.TrimSpace(string(content))
	}
	return problems
}

// parseProblems puts the library's errors in a person's words: only durations can fail to parse.
func parseProblems(err error) []string {
	if err == nil {
		return nil
	}
	all := []error{err}
	var several env.AggregateError
	if errors.As(err, &several) {
		all = several.Errors
	}
	var problems []string
	for _, one := range all {
		var parse env.ParseError
		if !errors.As(one, &parse) {
			problems = append(problems, one.Error()+".")
			continue
		}
		for _, field := range settingFields() {
			if field.goName == parse.Name {
				problems = append(problems, fmt.Sprintf("%s is not a length of time such as 24h or 30m.", field.name))
			}
		}
	}
	return problems
}

// resolve fills what depends on other settings and returns what is wrong, a sentence each.
func (s *settings) resolve() []string {
	var problems []string
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	s.resolvePublicURL(complain)
	s.resolveEmulator(complain)
	s.resolveZapier(complain)
	s.resolveStore(complain)
	s.ownApps = readOwnApps(s.OwnApps, complain)
	for name, address := range map[string]string{"LISTEN_ADDR": s.ListenAddr, "ADMIN_ADDR": s.AdminAddr, "EMULATOR_ADDR": s.EmulatorAddr} {
		if address == "" && name == "ADMIN_ADDR" {
			continue
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			complain("%s: %q is not an address and port such as 127.0.0.1:8080.", name, address)
		}
	}
	if s.LogFormat != "text" && s.LogFormat != "json" {
		complain("LOG_FORMAT: %q is neither text nor json.", s.LogFormat)
	}
	if err := s.level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		complain("LOG_LEVEL: %q is none of debug, info, warn, error.", s.LogLevel)
	}
	return problems
}

type complaint func(format string, args ...any)

func (s *settings) resolvePublicURL(complain complaint) {
	if s.PublicURL == "" {
		_, port, _ := net.SplitHostPort(s.ListenAddr) // a bad address is complained of elsewhere
		s.PublicURL = "http://localhost:" + port
	}
	public, err := url.Parse(strings.TrimSuffix(s.PublicURL, "/"))
	if err != nil || public.Host == "" || public.User != nil || public.RawQuery != "" || public.Fragment != "" {
		complain("PUBLIC_URL: %q is not an address such as https://zaps.example.com or https://example.com/zaps.", s.PublicURL)
		public = &url.URL{Scheme: "http", Host: "localhost"}
	}
	switch {
	case public.Scheme == "https":
	case public.Scheme == "http" && isLoopback(public.Hostname()):
	default:
		complain("PUBLIC_URL must begin with https://, because browsers keep session cookies safe only there; http:// is for localhost.")
	}
	s.public = public
}

func (s *settings) resolveEmulator(complain complaint) {
	loopback := isLoopback(s.public.Hostname())
	switch s.Emulator {
	case "auto":
		s.useEmulator = s.ClientID == "" && loopback
	case "on":
		s.useEmulator = s.ClientID == ""
		if s.ClientID != "" {
			complain("EMULATOR is on and ZAPIER_CLIENT_ID is set; with a client id the server talks to Zapier, so keep one of them.")
		}
	case "off":
	default:
		complain("EMULATOR: %q is none of auto, on, off.", s.Emulator)
		s.useEmulator = s.ClientID == ""
		return
	}
	if s.ClientID == "" && !s.useEmulator {
		complain("ZAPIER_CLIENT_ID is not set. Set it and ZAPIER_CLIENT_SECRET to talk to Zapier, or EMULATOR=on to use the emulator at a public address.")
	}
	if s.ClientID != "" && s.ClientSecret == "" {
		complain("ZAPIER_CLIENT_SECRET is not set. It belongs to ZAPIER_CLIENT_ID and may also come from the file that ZAPIER_CLIENT_SECRET_FILE names.")
	}
}

func (s *settings) resolveZapier(complain complaint) {
	api, origin, images := "https://api.zapier.com", "https://zapier.com", "https://zapier-images.imgix.net"
	if s.useEmulator {
		origin = cmp.Or(s.Origin, emulatorURL(s.EmulatorAddr))
		api, images = origin, origin
	}
	s.APIURL = strings.TrimSuffix(cmp.Or(s.APIURL, api), "/")
	s.Origin = cmp.Or(s.Origin, origin)
	s.ImageOrigins = cmp.Or(s.ImageOrigins, images)
	checked := map[string][]string{"ZAPIER_API_URL": {s.APIURL}, "ZAPIER_ORIGIN": {s.Origin}, "ZAPIER_IMAGE_ORIGINS": strings.Fields(s.ImageOrigins), "EMBED_ORIGINS": strings.Fields(s.EmbedOrigins)}
	for name, origins := range checked {
		for _, one := range origins {
			if !isOrigin(one) {
				complain("%s: %q is not an origin such as https://zapier.com: https (http only on loopback), a host, no path.", name, one)
			}
		}
	}
}

func (s *settings) resolveStore(complain complaint) {
	file, ok := strings.CutPrefix(s.StoreURL, "sqlite:")
	s.storeFile = strings.TrimPrefix(file, "//")
	if !ok || s.storeFile == "" {
		complain("STORE_URL: %q is not sqlite:FILE, which is the store there is.", s.StoreURL)
	}
	if _, err := store.ParseKeys(s.StoreKeys); s.StoreKeys != "" && err != nil {
		complain("STORE_KEYS: %v. `openssl rand -base64 32` makes a key.", err)
	}
	if s.StoreKeys == "" && !s.useEmulator {
		complain("STORE_KEYS is not set. Make a key with `openssl rand -base64 32` and keep it: without it nobody's session can be opened.")
	}
}

// isOrigin reports whether text is scheme, host and perhaps a port, and nothing else; an address with
// a path would never equal the origin of a message.
func isOrigin(text string) bool {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Scheme+"://"+parsed.Host != text {
		return false
	}
	return parsed.Scheme == "https" || (parsed.Scheme == "http" && isLoopback(parsed.Hostname()))
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// emulatorURL is where browsers meet the emulator that listens on address.
func emulatorURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://" + address
	}
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// settingField describes one variable for help and documentation.
type settingField struct {
	goName, name, defaultValue, help string
	// file: the value may come from a file. Secrets always may.
	secret, file bool
}

// settingFields lists the variables in the order of the struct.
func settingFields() []settingField {
	var fields []settingField
	kind := reflect.TypeFor[settings]()
	for i := range kind.NumField() {
		tag := kind.Field(i).Tag
		if tag.Get("env") == "" {
			continue
		}
		secret := tag.Get("secret") == "true"
		fields = append(fields, settingField{
			goName: kind.Field(i).Name, name: tag.Get("env"), defaultValue: tag.Get("envDefault"),
			help: tag.Get("help"), secret: secret, file: secret || tag.Get("file") == "true",
		})
	}
	return fields
}

// printHelp writes what `server -help` shows.
func printHelp(w io.Writer) {
	fmt.Fprintln(w, "server runs Zapembed. Settings come from the environment; with none it serves")
	fmt.Fprintln(w, "http://localhost:8080 and an emulator of Zapier on http://127.0.0.1:8081.")
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, field := range settingFields() {
		fmt.Fprintf(table, "  %s\t%s\n", field.name, field.help)
		if field.defaultValue != "" {
			fmt.Fprintf(table, "  \tDefault: %s\n", field.defaultValue)
		}
		if field.file {
			fmt.Fprintf(table, "  \tMay come from the file that %s_FILE names.\n", field.name)
		}
	}
	_ = table.Flush() // as good as writing to standard error gets
}
