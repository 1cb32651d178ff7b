package main

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// originOf is the origin of an address as browsers write it: lower case, no path, and no port where it is the usual one. It
// is compared to the letter with what browsers send, and stands in a policy; so there is none for what a browser would
// write in another way, or would read as a pattern or as the next word of the policy.
func originOf(address string) (string, bool) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.User != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return "", false
	}
	host, ok := browserHost(parsed.Hostname())
	if !ok {
		return "", false
	}
	port := parsed.Port()
	if port == "" && strings.HasSuffix(parsed.Host, ":") {
		return "", false
	}
	if port == defaultPort(parsed.Scheme) {
		port = ""
	}
	if port == "" {
		return parsed.Scheme + "://" + host, true
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return "", false
	}
	return parsed.Scheme + "://" + host + ":" + strconv.FormatUint(number, 10), true
}

var (
	hostName  = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*$`)
	lastDigit = regexp.MustCompile(`(^|\.)(\d+|0x[0-9a-f]*)$`)
)

// browserHost is a host as browsers write it. A name that ends in a number is an address to them, however short.
func browserHost(host string) (string, bool) {
	host = strings.ToLower(host)
	if address, err := netip.ParseAddr(host); err == nil {
		if address.Is4() {
			return host, true
		}
		return "[" + address.String() + "]", address.Zone() == "" && !address.Is4In6()
	}
	return host, hostName.MatchString(host) && !lastDigit.MatchString(host)
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// checkOrigins complains of what is no origin, and says how a browser writes it if that is all that is wrong.
// local: names that end in .localhost may go without TLS, as those on loopback may.
func checkOrigins(name string, origins []string, local bool, complain complaint) {
	for _, one := range origins {
		right, ok := originOf(one)
		switch {
		case !ok:
			complain("%s: %q is not an origin such as https://zapier.com: https (http only on loopback), a host without wildcards, no path.", name, one)
		case !isSafe(right, local):
			complain("%s: %q is not an origin such as https://zapier.com: it must begin with https://, and http:// is for this machine alone.", name, one)
		case right != one:
			complain("%s: %q is not written as browsers write an origin. Write %s.", name, one, right)
		}
	}
}

// isSafe reports whether nobody on the way can read or change what is sent there.
func isSafe(origin string, local bool) bool {
	rest, plain := strings.CutPrefix(origin, "http://")
	if !plain {
		return true
	}
	host := rest
	if name, _, err := net.SplitHostPort(rest); err == nil {
		host = name
	}
	return isLoopback(strings.Trim(host, "[]")) || (local && strings.HasSuffix(host, ".localhost"))
}
