package collector

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/idna"

	"huiying"
)

// A forbiddenAddress is an address inside our own house that a page or a
// source tried to lead us to.
type forbiddenAddress struct{ addr string }

func (f *forbiddenAddress) Error() string {
	return "地址 " + f.addr + " 属于本机或内部网络，不允许采集"
}

// forbidden are the ranges of the IANA special-purpose registries that no
// public page lives in, and the ones that carry an IPv4 address inside.
var forbidden = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

// nat64 carries an IPv4 address in its last 32 bits (RFC 6052); on IPv6-only
// networks public IPv4 sites are reached through it.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public reports whether addr may be asked: it is not ours, not private, not a
// cloud's metadata service.
func public(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if nat64.Contains(addr) {
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, p := range forbidden {
		if p.Contains(addr) {
			return false
		}
	}
	return addr.IsValid()
}

// dialer connects only where allowed says so. The check is on the address the
// name was resolved to, at the moment of connecting, so neither a redirect nor
// a name that changes its address gets around it.
func dialer(allowed func(netip.AddrPort) bool, names *net.Resolver) *net.Dialer {
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Resolver: names}
	d.Control = func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !allowed(ap) {
			return &forbiddenAddress{addr: address}
		}
		return nil
	}
	return d
}

func publicOnly(ap netip.AddrPort) bool { return public(ap.Addr()) }

// publicOrOwn lets the demo, tests and a person at this machine reach a site that
// runs on it; the networks around it stay closed, a cloud's metadata service first.
func publicOrOwn(ap netip.AddrPort) bool { return ap.Addr().Unmap().IsLoopback() || publicOnly(ap) }

func anywhere(netip.AddrPort) bool { return true }

// checkURL refuses what is no address of a page before anything is sent.
func checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, &Failure{URL: raw, Kind: huiying.FailureAddress, Message: "不是合法的网址", Permanent: true, Cause: err}
	}
	fail := func(format string, args ...any) (*url.URL, error) {
		return nil, &Failure{URL: printable(u), Kind: huiying.FailureAddress, Message: fmt.Sprintf(format, args...), Permanent: true}
	}
	switch host := u.Hostname(); {
	case u.Scheme != "http" && u.Scheme != "https":
		return fail("网址应以 http:// 或 https:// 开头")
	case host == "":
		return fail("网址里没有主机名")
	case u.User != nil:
		return fail("网址里不能带用户名和密码")
	case oddIP(host):
		// 2130706433, 0x7f.1, 017700000001: other spellings of 127.0.0.1
		return fail("主机 %s 是变形的 IP 写法，不允许采集", host)
	}
	if ascii := asciiHost(u.Hostname()); ascii != u.Hostname() { // one name for one host, 交城.中国 included
		u.Host = strings.Replace(u.Host, u.Hostname(), ascii, 1)
	}
	return u, nil
}

// asciiHost is a host's name as it is asked for: xn--… where it has other letters
// than ASCII; as it is when it is no such name.
func asciiHost(host string) string {
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return host
	}
	return ascii
}

// oddIP reports whether host would be read as a number by some resolvers
// without being a plain IP address. No real name ends in a numeric label
// (WHATWG URL §3.5).
func oddIP(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return true
	}
	if strings.HasPrefix(last, "0x") || strings.HasPrefix(last, "0X") {
		return true
	}
	return strings.Trim(last, "0123456789") == ""
}
