package rest

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"ringfence/node/api"
	"ringfence/node/serve/rest/internal/limit"
)

// access is who may do something.
type access struct {
	role     api.Role // the least role of a token
	loopback bool     // also without a token, on loopback
}

// The accesses in use.
func reading() access    { return access{role: api.RoleReader, loopback: true} }
func publishing() access { return access{role: api.RolePublisher} }
func keeping() access    { return access{role: api.RoleAdmin} }

// anyone is told as the role of what needs neither token nor loopback.
const anyone = "anyone"

// rank orders the roles; no role is 0.
func rank(r api.Role) int {
	switch r {
	case api.RoleReader:
		return 1
	case api.RolePublisher:
		return 2
	case api.RoleAdmin:
		return 3
	}
	return 0
}

// origin is where a connection comes from.
type origin uint8

const (
	stranger origin = iota
	local           // both ends are loopback
	owner           // the node's unix socket
)

// caller is who makes a request.
type caller struct {
	origin  origin
	role    api.Role   // "" without a token, admin for the owner
	address netip.Addr // of the other end; not valid for the owner
}

// told says who it is in a log.
func (c caller) told() string {
	switch {
	case c.origin == owner:
		return "owner"
	case c.role != "":
		return string(c.role)
	}
	return "anyone"
}

// may tells whether c has access a.
func (c caller) may(a access) bool {
	return rank(c.role) >= rank(a.role) || a.loopback && c.origin == local && c.role == ""
}

// vouched tells whether somebody stands behind the request: the owner or a
// token.
func (c caller) vouched() bool { return c.role != "" }

type (
	originKey struct{}
	callerKey struct{}
)

// ConnContext marks a connection with its origin; a Server calls it.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	from := stranger
	switch {
	case c.LocalAddr().Network() == "unix":
		from = owner
	case limit.AddressOf(c.LocalAddr().String()).IsLoopback() && limit.AddressOf(c.RemoteAddr().String()).IsLoopback():
		from = local
	}
	return context.WithValue(ctx, originKey{}, from)
}

// identify says who makes a request. It is false when a token was presented
// that does not hold.
func (f *face) identify(r *http.Request) (caller, bool) {
	from, _ := r.Context().Value(originKey{}).(origin)
	c := caller{origin: from, address: limit.AddressOf(r.RemoteAddr)}
	if from == local && (forwarded(r) || !loopbackName(r.Host)) {
		c.origin = stranger
	}
	if from == owner {
		c.role = api.RoleAdmin
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return c, true
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return caller{origin: stranger, address: c.address}, false
	}
	role, ok := f.Authenticate(token)
	if !ok || rank(role) == 0 {
		return caller{origin: stranger, address: c.address}, false
	}
	c.role, c.origin = role, min(c.origin, local)
	return c, true
}

// forwarded tells whether a proxy passes somebody else's request on.
func forwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// loopbackName tells whether a Host header names loopback itself. A page that
// got here by a name of its own (DNS rebinding) names another.
func loopbackName(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	at, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && at.IsLoopback()
}

// callerOf returns who makes the request of ctx; a stranger when nobody said.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// accessKey is where an operation keeps its access.
const accessKey = "access"

// authorise lets an operation run only for whom may. One that says nothing is
// for nobody.
func (f *face) authorise(ctx huma.Context, next func(huma.Context)) {
	a, ok := ctx.Operation().Metadata[accessKey].(access)
	r, w := humago.Unwrap(ctx)
	if !ok || !f.admit(w, r, a) {
		return
	}
	next(ctx)
}

// admit answers the request itself unless its caller has access a.
func (f *face) admit(w http.ResponseWriter, r *http.Request, a access) bool {
	c := callerOf(r.Context())
	if c.may(a) {
		return true
	}
	f.Logger.Warn("request refused", "route", routeOf(r), "caller", c.told(), "needs", string(a.role), "from", c.address)
	if !c.vouched() {
		f.challenge(w, r, "this needs a token of role "+string(a.role)+"; `ringfence token new` makes one, or use the node's unix socket")
		return false
	}
	f.write(w, r, problemOf(http.StatusForbidden, api.Forbidden, "a token of role "+string(c.role)+" may not do this; it needs "+string(a.role)))
	return false
}

// challenge answers 401.
func (f *face) challenge(w http.ResponseWriter, r *http.Request, detail string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="ringfence"`)
	f.write(w, r, problemOf(http.StatusUnauthorized, api.Forbidden, detail))
}
