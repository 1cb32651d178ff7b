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
	"github.com/zapembed/zapembed/internal/store/redis"
)

// settings is what the environment says. Every field is one variable; its help is printed by
// `server -help` and stands in docs/settings.md.
type settings struct {
	PublicURL      string `env:"PUBLIC_URL" help:"Where browsers reach the server; a path in it becomes the prefix of every route. Must be https unless it is on loopback. Without it: http://localhost and the port of LISTEN_ADDR."`
	ListenAddr     string `env:"LISTEN_ADDR" envDefault:"127.0.0.1:8080" help:"Address and port to listen on."`
	AdminAddr      string `env:"ADMIN_ADDR" help:"Address and port for /livez, /readyz and /metrics. Nothing listens when it is empty."`
	EmbedOrigins   string `env:"EMBED_ORIGINS" help:"Origins of yours whose pages may show Zapembed in a frame, separated by spaces."`
	EmbedMode      string `env:"EMBED_MODE" envDefault:"same-site" help:"same-site: the pages of EMBED_ORIGINS are of the same site as PUBLIC_URL. cross-site: they are of any site, and the session cookie is kept apart for each; needs https and a hostname of its own."`
	HSTSSubdomains bool   `env:"HSTS_SUBDOMAINS" envDefault:"true" help:"Whether browsers are told to reach the names below PUBLIC_URL's host by https alone, as they are told of the host itself. false: where others have such names and use http."`

	TrustedProxies   string        `env:"TRUSTED_PROXIES" help:"Addresses or CIDR ranges of your proxies, separated by spaces. Only their X-Forwarded-For is believed."`
	RateLimitIP      int           `env:"RATE_LIMIT_IP" envDefault:"1200" help:"Requests a minute that one IP address may make."`
	RateLimitSession int           `env:"RATE_LIMIT_SESSION" envDefault:"300" help:"Requests a minute that one session may make."`
	DrainDelay       time.Duration `env:"DRAIN_DELAY" envDefault:"5s" help:"When asked to stop, how long the server goes on while /readyz says so already, for the proxy to notice. Not waited for without ADMIN_ADDR."`

	StoreURL  string `env:"STORE_URL" envDefault:"sqlite:zapembed.db" file:"true" help:"Where sessions, grants, attempts and drafts are kept: sqlite:FILE, or redis://… or rediss://… for several servers; see storage.md."`
	StoreKeys string `env:"STORE_KEYS" secret:"true" help:"Keys that seal what is kept: 32 bytes in base64, several separated by commas. The first seals, all open. With the emulator and SQLite a key file is made beside the database; elsewhere it must be set."`

	SessionIdle     time.Duration `env:"SESSION_IDLE" envDefault:"24h" help:"A session ends when nobody used it for so long."`
	SessionAbsolute time.Duration `env:"SESSION_ABSOLUTE" envDefault:"720h" help:"A session ends this long after signing in, used or not."`

	ClientID     string `env:"ZAPIER_CLIENT_ID" help:"The client id of your integration. Without it the emulator is started and stands in for Zapier."`
	ClientSecret string `env:"ZAPIER_CLIENT_SECRET" secret:"true" help:"The client secret of your integration."`
	APIURL       string `env:"ZAPIER_API_URL" help:"Zapier's API; https://api.zapier.com, or the emulator."`
	Origin       string `env:"ZAPIER_ORIGIN" help:"The exact origin of Zapier's pages, whose popup message counts; https://zapier.com, or the emulator."`
	Scopes       string `env:"ZAPIER_SCOPES" envDefault:"profile zap zap:all zap:write zap:update zap:runs connection:read connection:write" help:"The scopes to ask for, separated by spaces. Pages offer only what the granted ones allow."`
	ImageOrigins string `env:"ZAPIER_IMAGE_ORIGINS" help:"Origins that App icons come from, separated by spaces; https://zapier-images.imgix.net, or the emulator."`

	LimitIP      int    `env:"ZAPIER_LIMIT_IP" envDefault:"60" help:"Calls a minute that Zapier takes from one address; what would be more is not sent. 0: no limit. Calls to the emulator beside the server are unlimited unless this or ZAPIER_LIMIT_PARTNER is set."`
	LimitPartner int    `env:"ZAPIER_LIMIT_PARTNER" envDefault:"150" help:"Calls a minute that Zapier takes from your integration, from all addresses together. 0: no limit."`
	Egress       string `env:"ZAPIER_EGRESS" envDefault:"one" help:"What this server calls Zapier from: IP addresses of this machine, separated by spaces, which are used evenly; or, where the machine chooses, a name for its address. Servers that share an address share the name."`
	Replicas     int    `env:"REPLICAS" help:"How many servers there are at most. Each keeps to its part of Zapier's limits while the store is away and they cannot count together. Without it: 1 with SQLite, 4 with Redis."`

	Cache string `env:"ZAPIER_CACHE" envDefault:"on" help:"on: answers of Zapier are kept in the store for a while and given again, which saves calls and helps while Zapier is away. off: each question is asked anew."`

	OwnApps string `env:"OWN_APPS" file:"true" help:"Your own Apps whose accounts people add by filling in a form instead of in Zapier's window, as JSON: see Your own App in connect.md. Needs the scope connection:write."`

	Emulator     string `env:"EMULATOR" envDefault:"auto" help:"auto: started when ZAPIER_CLIENT_ID is empty and PUBLIC_URL is on loopback. on: started also for a public address. off: never."`
	EmulatorAddr string `env:"EMULATOR_ADDR" envDefault:"127.0.0.1:8081" help:"Address and port of the emulator."`

	LogFormat string `env:"LOG_FORMAT" envDefault:"text" help:"text or json."`
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error."`

	// What follows is worked out from the above.
	public      *url.URL
	storeFile   string // empty with Redis
	useEmulator bool
	egress      []string
	proxies     []netip.Prefix
	ownApps     []handlers.OwnApp
	level       slog.Level
	traces      bool // OTEL_… asks for them
}

// The values of EMBED_MODE.
const (
	embedSameSite  = "same-site"
	embedCrossSite = "cross-site"
)

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
	parsed.resolveLimits(values)
	problems = append(problems, parsed.resolveTraces(values)...)
	if len(unparsed) == 0 {
		problems = append(problems, parsed.checkNumbers()...)
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return settings{}, settingsError(problems)
	}
	return parsed, nil
}

// resolveLimits takes the limits away at the emulator, which has none, unless one of them is asked for: to see what it does.
func (s *settings) resolveLimits(values map[string]string) {
	if s.useEmulator && values["ZAPIER_LIMIT_IP"] == "" && values["ZAPIER_LIMIT_PARTNER"] == "" {
		s.LimitIP, s.LimitPartner = 0, 0
	}
}

// resolveTraces says whether spans are wanted. Everything else of OTEL_… is read by OpenTelemetry's own SDK.
func (s *settings) resolveTraces(values map[string]string) []string {
	exporter := values["OTEL_TRACES_EXPORTER"]
	endpoint := values["OTEL_EXPORTER_OTLP_ENDPOINT"] + values["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
	s.traces = (exporter == "otlp" || (exporter == "" && endpoint != "")) && !strings.EqualFold(values["OTEL_SDK_DISABLED"], "true")
	if exporter != "" && exporter != "otlp" && exporter != "none" {
		return []string{fmt.Sprintf("OTEL_TRACES_EXPORTER: %q is neither otlp nor none.", exporter)}
	}
	protocol := cmp.Or(values["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"], values["OTEL_EXPORTER_OTLP_PROTOCOL"])
	if s.traces && protocol != "" && protocol != "http/protobuf" {
		return []string{fmt.Sprintf("OTEL_EXPORTER_OTLP_PROTOCOL: %q is not http/protobuf, which is what the server speaks to a collector.", protocol)}
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		collector, err := url.Parse(values[name]) // it may hold a password, so it is not repeated
		if s.traces && values[name] != "" && (err != nil || collector.Host == "" || (collector.Scheme != "http" && collector.Scheme != "https")) {
			return []string{name + " is not an address such as http://localhost:4318: http:// or https://, and a host."}
		}
	}
	return nil
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

// checkNumbers looks at what is a number or a length of time.
func (s *settings) checkNumbers() []string {
	var problems []string
	if s.SessionIdle < time.Minute || s.SessionAbsolute < s.SessionIdle {
		problems = append(problems, "SESSION_IDLE must be at least a minute, and SESSION_ABSOLUTE no shorter than SESSION_IDLE.")
	}
	if s.RateLimitIP < 1 || s.RateLimitSession < 1 {
		problems = append(problems, "RATE_LIMIT_IP and RATE_LIMIT_SESSION must be at least 1.")
	}
	if s.LimitIP < 0 || s.LimitPartner < 0 || s.Replicas < 0 {
		problems = append(problems, "ZAPIER_LIMIT_IP, ZAPIER_LIMIT_PARTNER and REPLICAS must be at least 0.")
	}
	if s.Cache != "on" && s.Cache != "off" {
		problems = append(problems, "ZAPIER_CACHE must be on or off.")
	}
	if s.DrainDelay < 0 || s.DrainDelay > time.Minute {
		problems = append(problems, "DRAIN_DELAY must be between 0s and 1m.")
	}
	return problems
}

// parseProblems puts the library's errors in a person's words: only numbers, durations, and true or false can fail to parse.
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
			switch {
			case field.goName != parse.Name:
			case parse.Type.Kind() == reflect.Bool:
				problems = append(problems, field.name+" is neither true nor false.")
			case parse.Type.Kind() == reflect.Int:
				problems = append(problems, field.name+" is not a whole number.")
			default:
				problems = append(problems, field.name+" is not a length of time such as 24h or 30m.")
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
	s.resolveEgress(complain)
	s.resolveStore(complain)
	s.resolveEmbedding(complain)
	s.resolveProxies(complain)
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
	// A name that ends in .localhost leads browsers to this machine, and whoever else asks for it wherever their DNS says: in
	// a network of containers to the emulator. So it may go without TLS where all of it is on this machine.
	local := isLoopback(s.public.Hostname())
	checkOrigins("ZAPIER_API_URL", []string{s.APIURL}, local, complain)
	checkOrigins("ZAPIER_ORIGIN", []string{s.Origin}, local, complain)
	checkOrigins("ZAPIER_IMAGE_ORIGINS", strings.Fields(s.ImageOrigins), local, complain)
	checkOrigins("EMBED_ORIGINS", strings.Fields(s.EmbedOrigins), false, complain)
}

// resolveEgress reads ZAPIER_EGRESS: a name, or addresses that calls are sent from.
func (s *settings) resolveEgress(complain complaint) {
	s.egress = strings.Fields(s.Egress)
	if len(s.egress) < 2 {
		if len(s.egress) == 0 || store.CheckName(s.egress[0]) != nil {
			complain("ZAPIER_EGRESS: %q is neither a word of letters, digits, dots and dashes, nor IP addresses of this machine.", s.Egress)
		}
		return
	}
	for i, text := range s.egress {
		address, err := netip.ParseAddr(text)
		switch {
		case err != nil:
			complain("ZAPIER_EGRESS: %q is not an IP address. One word may be a name; several are addresses of this machine.", text)
		case slices.Contains(s.egress[:i], address.String()):
			complain("ZAPIER_EGRESS: %q is there twice.", text)
		default:
			s.egress[i] = address.String()
		}
	}
}

// replicas is among how many servers Zapier's limits are divided when they cannot count together.
func (s settings) replicas() int {
	switch {
	case s.Replicas > 0:
		return s.Replicas
	case s.storeFile != "":
		return 1
	}
	return 4
}

func (s *settings) resolveStore(complain complaint) {
	switch scheme, rest, _ := strings.Cut(s.StoreURL, ":"); scheme {
	case "sqlite":
		if s.storeFile = strings.TrimPrefix(rest, "//"); s.storeFile == "" {
			complain("STORE_URL names no file; it looks like sqlite:zapembed.db.")
		}
	case "redis", "rediss":
		if err := redis.Check(s.StoreURL); err != nil {
			complain("STORE_URL: %v.", err)
		}
	default:
		complain("STORE_URL: %q is neither sqlite:FILE nor the redis:// or rediss:// address of a Redis.", scheme+":")
	}
	if _, err := store.ParseKeys(s.StoreKeys); s.StoreKeys != "" && err != nil {
		complain("STORE_KEYS: %v. `openssl rand -base64 32` makes a key.", err)
	}
	switch {
	case s.StoreKeys != "":
	case !s.useEmulator:
		complain("STORE_KEYS is not set. Make a key with `openssl rand -base64 32` and keep it: without it nobody's session can be opened.")
	case strings.HasPrefix(s.StoreURL, "redis"):
		complain("STORE_KEYS is not set. Only a database file gets a key file beside it, so with Redis make a key with `openssl rand -base64 32`, the same for all servers.")
	}
}

// redacted is the address of the store without its password.
func redacted(storeURL string) string {
	parsed, err := url.Parse(storeURL)
	switch {
	case err != nil:
		return "(not an address)"
	case strings.HasPrefix(storeURL, "sqlite:"):
		return storeURL
	}
	query := parsed.Query()
	for name := range query {
		if strings.Contains(name, "password") {
			query.Set(name, "xxxxx")
		}
	}
	parsed.RawQuery = query.Encode()
	return parsed.Redacted()
}

func (s settings) crossSite() bool { return s.EmbedMode == embedCrossSite }

// resolveEmbedding refuses frames whose cookie could not work.
func (s *settings) resolveEmbedding(complain complaint) {
	switch s.EmbedMode {
	case embedSameSite:
	case embedCrossSite:
		if s.public.Scheme != "https" || strings.Trim(s.public.Path, "/") != "" {
			complain("EMBED_MODE is cross-site, for which PUBLIC_URL must begin with https:// and be a hostname without a path: elsewhere browsers drop the cookie that frames of other sites need.")
		}
		if strings.TrimSpace(s.EmbedOrigins) == "" {
			complain("EMBED_MODE is cross-site and EMBED_ORIGINS is not set. List the origins whose pages show Zapembed in a frame.")
		}
	default:
		complain("EMBED_MODE: %q is neither same-site nor cross-site.", s.EmbedMode)
	}
}

// resolveProxies reads TRUSTED_PROXIES; a lone address is a range of one. They are compared with the visitor's
// address in its short form, so 10.0.0.1 is kept where ::ffff:10.0.0.1 is written.
func (s *settings) resolveProxies(complain complaint) {
	for _, text := range strings.Fields(s.TrustedProxies) {
		prefix, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); addressErr == nil && address.Zone() == "" {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err == nil && prefix.Addr().Is4In6() {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96) // not valid if that is less than none
		}
		switch {
		case err != nil || !prefix.IsValid():
			complain("TRUSTED_PROXIES: %q is not an address such as 10.0.0.7 or a range such as 10.0.0.0/24.", text)
		case prefix.Bits() == 0:
			complain("TRUSTED_PROXIES: %q is everybody, who could then choose what address they seem to come from. Name your proxies.", text)
		default:
			s.proxies = append(s.proxies, prefix.Masked())
		}
	}
}

// warnings say what is allowed and most likely not meant.
func (s settings) warnings() []string {
	if s.public.Scheme == "https" && len(s.proxies) == 0 {
		return []string{"TRUSTED_PROXIES is not set, and PUBLIC_URL is https, for which there is a proxy: so all visitors seem to come from its address and share RATE_LIMIT_IP. Set it to the address that the proxy connects from."}
	}
	return nil
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
	printCommands(w)
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
