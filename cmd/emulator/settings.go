package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/zapembed/zapembed/internal/emulator"
)

// settings come from the environment, and from flags, which win. Each field is one
// of both; flags says which.
type settings struct {
	Addr         string        `env:"EMULATOR_ADDR" envDefault:"127.0.0.1:8081"`
	Public       bool          `env:"EMULATOR_PUBLIC"`
	URL          string        `env:"EMULATOR_URL"`
	APIURL       string        `env:"EMULATOR_API_URL"`
	ClientID     string        `env:"EMULATOR_CLIENT_ID" envDefault:"emulator-client"`
	ClientSecret string        `env:"EMULATOR_CLIENT_SECRET" envDefault:"emulator-secret"`
	RedirectURIs string        `env:"EMULATOR_REDIRECT_URIS" envDefault:"http://localhost:8080/sign-in/callback http://localhost:3000/callback"`
	Seed         uint64        `env:"EMULATOR_SEED" envDefault:"1"`
	SeedFile     string        `env:"EMULATOR_SEED_FILE"`
	PerIP        int           `env:"EMULATOR_PER_IP" envDefault:"60"`
	PerPartner   int           `env:"EMULATOR_PER_PARTNER" envDefault:"150"`
	Cooldown     time.Duration `env:"EMULATOR_COOLDOWN" envDefault:"60s"`
	PartyTimeout time.Duration `env:"EMULATOR_PARTY_TIMEOUT" envDefault:"30s"`
	Strict       bool          `env:"EMULATOR_STRICT"`
	Log          bool          `env:"EMULATOR_LOG" envDefault:"true"`
}

// flags declares every setting; what the environment said is the default.
func (s *settings) flags(stderr io.Writer) *flag.FlagSet {
	set := flag.NewFlagSet("emulator", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&s.Addr, "addr", s.Addr, "address and port to listen on (EMULATOR_ADDR)")
	set.BoolVar(&s.Public, "public", s.Public, "listen also where other machines can reach it; whoever can, can be anybody (EMULATOR_PUBLIC)")
	set.StringVar(&s.URL, "url", s.URL, "origin that browsers and clients know it by; default: -addr (EMULATOR_URL)")
	set.StringVar(&s.APIURL, "api-url", s.APIURL, "origin that stands for api.zapier.com; default: -url (EMULATOR_API_URL)")
	set.StringVar(&s.ClientID, "client-id", s.ClientID, "client id of the partner (EMULATOR_CLIENT_ID)")
	set.StringVar(&s.ClientSecret, "client-secret", s.ClientSecret, "client secret of the partner (EMULATOR_CLIENT_SECRET)")
	set.StringVar(&s.RedirectURIs, "redirect-uris", s.RedirectURIs, "its redirect URIs, compared to the letter, separated by spaces (EMULATOR_REDIRECT_URIS)")
	set.Uint64Var(&s.Seed, "seed", s.Seed, "the same number gives the same ids, codes and tokens; 0 draws new codes and tokens each time (EMULATOR_SEED)")
	set.StringVar(&s.SeedFile, "seed-file", s.SeedFile, "YAML or JSON file of people and Authentications to start with (EMULATOR_SEED_FILE)")
	set.IntVar(&s.PerIP, "per-ip", s.PerIP, "requests of the API taken from an IP in a minute; 0 is no limit (EMULATOR_PER_IP)")
	set.IntVar(&s.PerPartner, "per-partner", s.PerPartner, "the same from a partner (EMULATOR_PER_PARTNER)")
	set.DurationVar(&s.Cooldown, "cooldown", s.Cooldown, "how long everything is refused after that (EMULATOR_COOLDOWN)")
	set.DurationVar(&s.PartyTimeout, "party-timeout", s.PartyTimeout, "how long a third party may take to answer the connect popup (EMULATOR_PARTY_TIMEOUT)")
	set.BoolVar(&s.Strict, "strict", s.Strict, "end an Action's id at the next look-up (EMULATOR_STRICT)")
	set.BoolVar(&s.Log, "log", s.Log, "write a line for each request to standard error (EMULATOR_LOG)")
	return set
}

// readSettings reads the environment, given as "NAME=value" lines, and then the
// arguments. It says everything that is wrong at once.
func readSettings(args, environ []string, stderr io.Writer) (settings, error) {
	s, err := env.ParseAsWithOptions[settings](env.Options{Environment: env.ToMap(environ)})
	set := s.flags(stderr)
	if flagErr := set.Parse(args); flagErr != nil {
		return settings{}, flagErr
	}
	problems := []error{err}
	if set.NArg() > 0 {
		problems = append(problems, fmt.Errorf("there is no command %q; see emulator -help", set.Arg(0)))
	}
	problems = append(problems, s.check()...)
	return s, errors.Join(problems...)
}

func (s *settings) check() []error {
	var problems []error
	host, port, err := net.SplitHostPort(s.Addr)
	switch {
	case err != nil:
		return append(problems, fmt.Errorf("-addr: %q is not an address and port such as 127.0.0.1:8081", s.Addr))
	case !isLoopback(host) && !s.Public:
		problems = append(problems, fmt.Errorf("-addr: %s can be reached from other machines, where anybody could sign in as anybody; add -public if that is meant", s.Addr))
	}
	if s.PerIP < 0 || s.PerPartner < 0 || s.Cooldown <= 0 || s.PartyTimeout <= 0 {
		problems = append(problems, errors.New("-per-ip and -per-partner must not be below 0, -cooldown and -party-timeout must be above"))
	}
	if s.URL == "" {
		s.URL = "http://" + net.JoinHostPort(browsable(host), port)
	}
	if s.APIURL == "" {
		s.APIURL = s.URL
	}
	return problems
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// browsable is a host to click on: nobody can go to 0.0.0.0.
func browsable(host string) string {
	if address, err := netip.ParseAddr(host); host == "" || (err == nil && address.IsUnspecified()) {
		return "127.0.0.1"
	}
	return host
}

func (s settings) options(logger *slog.Logger) (emulator.Options, error) {
	options := emulator.Options{
		WebURL: s.URL, APIURL: s.APIURL,
		Clients: []emulator.Client{{
			ID: s.ClientID, Secret: s.ClientSecret, Title: "Your product", RedirectURIs: strings.Fields(s.RedirectURIs),
		}},
		Seed: s.Seed, PartyTimeout: s.PartyTimeout,
		Limits:   emulator.Limits{PerIP: s.PerIP, PerPartner: s.PerPartner, Cooldown: s.Cooldown},
		Readings: emulator.Readings{StrictActionIDs: s.Strict},
		Logger:   logger,
	}
	if s.SeedFile == "" {
		return options, nil
	}
	file, err := os.Open(s.SeedFile)
	if err != nil {
		return emulator.Options{}, fmt.Errorf("-seed-file: %w", err)
	}
	defer file.Close()
	options.SeedFile, err = emulator.ReadSeed(file)
	return options, err
}

// greet says where to go.
func (s settings) greet(w io.Writer) {
	fmt.Fprintf(w, "The emulator of Zapier is ready: %s (nothing in it is real)\n", s.URL)
	fmt.Fprintf(w, "  API        %s/v2\n", s.APIURL)
	fmt.Fprintf(w, "  authorize  %s/v2/authorize\n", s.APIURL)
	fmt.Fprintf(w, "  token      %s/oauth/token/\n", s.URL)
	fmt.Fprintf(w, "  client     %s, secret %s\n", s.ClientID, s.ClientSecret)
	fmt.Fprintf(w, "  returns to %s\n", strings.Join(strings.Fields(s.RedirectURIs), ", "))
	fmt.Fprintf(w, "  limits     %s\n", s.limits())
	fmt.Fprintf(w, "See and steer it at %s/emulator; Ctrl-C stops it, and it forgets everything.\n", s.URL)
}

func (s settings) limits() string {
	if s.PerIP == 0 && s.PerPartner == 0 {
		return "none"
	}
	word := func(limit int) string {
		if limit == 0 {
			return "any number"
		}
		return fmt.Sprint(limit)
	}
	return fmt.Sprintf("%s requests a minute from an IP and %s from a partner, then nothing for %s", word(s.PerIP), word(s.PerPartner), s.Cooldown)
}
