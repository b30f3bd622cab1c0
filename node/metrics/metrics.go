// Package metrics names and counts what a node tells its monitoring.
//
// Every metric stands in one file, names.go, with its labels; README.md beside
// it explains each and a test keeps both equal. Labels take few values: words
// of small enumerations, route patterns, never a number, a member or a trunk,
// because each new value is a new time series for ever and numbers of people
// have no place in monitoring. Ages are told as timestamps: the monitoring
// subtracts, so a node that hangs still grows old.
//
// Lower floors do not import this package; they take callbacks, and node passes
// the methods here. Nothing is registered by itself: New gets the registry.
//
// Floor 9.
package metrics

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ringfence/node/phrase"
)

// Metrics is the node's metrics. It is safe for concurrent use.
type Metrics struct {
	list struct {
		entries    *prometheus.GaugeVec
		contested  prometheus.Gauge
		serial     prometheus.Gauge
		updated    prometheus.Gauge
		changed    prometheus.Gauge
		ledgerSize prometheus.Gauge
		checkpoint prometheus.Gauge
	}
	statements *prometheus.CounterVec
	batches    *prometheus.CounterVec
	verdicts   *prometheus.CounterVec
	shadow     *prometheus.CounterVec
	rows       *prometheus.CounterVec
	holds      *prometheus.GaugeVec
	diskFree   prometheus.Gauge
	diskFloor  prometheus.Gauge
	requests   *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	federation struct {
		peers        *prometheus.GaugeVec
		dropped      prometheus.Counter
		gossip       *prometheus.CounterVec
		faults       *prometheus.CounterVec
		refused      *prometheus.CounterVec
		clock        prometheus.Gauge
		missing      prometheus.Gauge
		waiting      prometheus.Gauge
		feedsWaiting prometheus.Gauge
		gaps         prometheus.Gauge
		forked       prometheus.Gauge
		twin         prometheus.Gauge
		heard        prometheus.Gauge
	}
}

// New makes the metrics and registers them. version is the node's own. It
// fails when one of the names is registered already.
func New(registry prometheus.Registerer, version string) (*Metrics, error) {
	r := registrar{registry: registry}
	m := &Metrics{
		statements: r.counters(statements()),
		batches:    r.counters(intakeBatches()),
		verdicts:   r.counters(verdicts()),
		shadow:     r.counters(shadowVerdicts()),
		rows:       r.counters(publishRows()),
		holds:      r.gauges(signingHeld()),
		diskFree:   r.gauge(diskFree()),
		diskFloor:  r.gauge(diskFloor()),
		requests:   r.counters(httpRequests()),
		seconds:    r.histograms(httpSeconds()),
	}
	m.list.entries = r.gauges(listEntries())
	m.list.contested = r.gauge(listContested())
	m.list.serial = r.gauge(listSerial())
	m.list.updated = r.gauge(listUpdated())
	m.list.changed = r.gauge(listRootChanged())
	m.list.ledgerSize = r.gauge(ledgerSize())
	m.list.checkpoint = r.gauge(checkpointTime())
	m.federation.peers = r.gauges(peers())
	m.federation.dropped = r.counters(peersDropped()).WithLabelValues()
	m.federation.gossip = r.counters(gossipMessages())
	m.federation.faults = r.counters(gossipFaults())
	m.federation.refused = r.counters(connectionsRefused())
	m.federation.clock = r.gauge(clockBehind())
	m.federation.twin = r.gauge(twin())
	m.federation.missing = r.gauge(catchUp())
	m.federation.waiting = r.gauge(batchesWaiting())
	m.federation.feedsWaiting = r.gauge(feedsWaiting())
	m.federation.gaps = r.gauge(feedGaps())
	m.federation.forked = r.gauge(feedsForked())
	m.federation.heard = r.gauge(peersHeard())
	r.gauges(buildInfo()).WithLabelValues(version).Set(1)
	if r.failed != nil {
		return nil, r.failed
	}
	return m, nil
}

// registrar makes and registers metrics and keeps the first failure.
type registrar struct {
	registry prometheus.Registerer
	failed   error
}

func (r *registrar) register(d desc, c prometheus.Collector) {
	if err := r.registry.Register(c); err != nil && r.failed == nil {
		r.failed = fmt.Errorf("metrics: register %s: %w", d.name, err)
	}
}

func (r *registrar) counters(d desc) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.name, Help: d.help}, d.labels)
	r.register(d, c)
	return c
}

func (r *registrar) gauges(d desc) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: d.name, Help: d.help}, d.labels)
	r.register(d, g)
	return g
}

func (r *registrar) gauge(d desc) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: d.name, Help: d.help})
	r.register(d, g)
	return g
}

func (r *registrar) histograms(d desc) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: d.name, Help: d.help, Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9), // 0.1 ms to 6.6 s
	}, d.labels)
	r.register(d, h)
	return h
}

// List is the state of the harmonised list.
type List struct {
	Allowed, Labelled, Blocked int // entries by action
	Contested                  int
	Serial                     uint64
	LedgerSize                 uint64
	Updated                    time.Time // last took in all that the node knew
	RootChanged                time.Time
	Checkpoint                 time.Time // zero before the first
}

// SetList tells the list's state.
func (m *Metrics) SetList(l List) {
	m.list.entries.WithLabelValues("allow").Set(float64(l.Allowed))
	m.list.entries.WithLabelValues("label").Set(float64(l.Labelled))
	m.list.entries.WithLabelValues("block").Set(float64(l.Blocked))
	m.list.contested.Set(float64(l.Contested))
	m.list.serial.Set(float64(l.Serial))
	m.list.ledgerSize.Set(float64(l.LedgerSize))
	m.list.updated.Set(seconds(l.Updated))
	m.list.changed.Set(seconds(l.RootChanged))
	m.list.checkpoint.Set(seconds(l.Checkpoint))
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// AddStatements counts statements by the status that the view gave them.
func (m *Metrics) AddStatements(status string, n int) {
	m.statements.WithLabelValues(status).Add(count(n))
}

// AddBatches counts batches by the outcome of the intake.
func (m *Metrics) AddBatches(outcome string, n int) {
	m.batches.WithLabelValues(outcome).Add(count(n))
}

// AddRows counts rows of publishers' files by outcome.
func (m *Metrics) AddRows(outcome string, n int) { m.rows.WithLabelValues(outcome).Add(count(n)) }

// count returns n as a counter takes it: a counter that is told to go back
// would stop the node.
func count(n int) float64 { return float64(max(n, 0)) }

// AddVerdict counts a verdict by the face that answered it, the rule ("" when
// none decided) and the action.
func (m *Metrics) AddVerdict(face, rule, action string) {
	m.verdicts.WithLabelValues(face, rule, action).Inc()
}

// AddShadow counts what a rule or face in shadow would have done.
func (m *Metrics) AddShadow(face, rule, action string) {
	m.shadow.WithLabelValues(face, rule, action).Inc()
}

// SetHolds tells what keeps the node from signing, of all that a person must look
// after: each reason that a code of it means, and no other.
func (m *Metrics) SetHolds(problems []phrase.Phrase) {
	now := map[string]bool{}
	for _, p := range problems {
		for _, s := range p.Sentences() {
			now[held(s.Code)] = true
		}
	}
	for _, reason := range []string{"mute", "forked", "stolen", "restored", "twin", "clock", "disk"} {
		m.holds.WithLabelValues(reason).Set(oneIf(now[reason]))
	}
}

// held returns the reason for which nothing is signed, by its code; "" for a code that
// is none.
func held(code string) string {
	switch code {
	case "problem.mute":
		return "mute"
	case "bar.forked":
		return "forked"
	case "bar.stolen":
		return "stolen"
	case "bar.restored":
		return "restored"
	case "problem.twin", "problem.twin_hidden", "problem.twin_before":
		return "twin"
	case "problem.clock_ahead", "problem.clock_behind", "problem.clock_back":
		return "clock"
	case "problem.disk_full", "problem.unwritable":
		return "disk"
	}
	return ""
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// SetDisk tells free space and the floor below which nothing is taken in, in
// bytes.
func (m *Metrics) SetDisk(free, floor uint64) {
	m.diskFree.Set(float64(free))
	m.diskFloor.Set(float64(floor))
}

// Federation is how a node stands among the others.
type Federation struct {
	Known, Connected, Agreeing, Differing int       // other nodes
	ClockBehind                           float64   // seconds
	Twin                                  bool      // somebody else lives by the own host key
	Missing                               int       // batches
	Waiting                               int       // batches
	FeedsWaiting                          int       // that they are of
	Gaps                                  int       // batches
	Forked                                int       // epochs
	Heard                                 time.Time // when a peer last told all that it holds
}

// SetFederation tells how the node stands among the others.
func (m *Metrics) SetFederation(f Federation) {
	m.federation.peers.WithLabelValues("known").Set(float64(f.Known))
	m.federation.peers.WithLabelValues("connected").Set(float64(f.Connected))
	m.federation.peers.WithLabelValues("agreeing").Set(float64(f.Agreeing))
	m.federation.peers.WithLabelValues("differing").Set(float64(f.Differing))
	m.federation.clock.Set(f.ClockBehind)
	m.federation.twin.Set(oneIf(f.Twin))
	m.federation.missing.Set(float64(f.Missing))
	m.federation.waiting.Set(float64(f.Waiting))
	m.federation.feedsWaiting.Set(float64(f.FeedsWaiting))
	m.federation.gaps.Set(float64(f.Gaps))
	m.federation.forked.Set(float64(f.Forked))
	m.federation.heard.Set(seconds(f.Heard))
}

// AddDropped counts a peer whose connection was closed for what it did.
func (m *Metrics) AddDropped() { m.federation.dropped.Inc() }

// AddGossip counts a message of gossip.
func (m *Metrics) AddGossip(topic, verdict string) {
	m.federation.gossip.WithLabelValues(topic, verdict).Inc()
}

// AddGossipFault counts what a member sent on the mesh and no honest node sends.
func (m *Metrics) AddGossipFault(fault string) { m.federation.faults.WithLabelValues(fault).Inc() }

// AddRefused counts a connection that somebody else opened and that was refused, or
// closed for the room it took.
func (m *Metrics) AddRefused(reason string) { m.federation.refused.WithLabelValues(reason).Inc() }

// Unmatched is the route of a request that no route took.
const Unmatched = "unmatched"

// Request counts an HTTP request. route is the pattern that took it, never the
// path: paths hold numbers. An empty one counts as Unmatched, and a method that
// HTTP does not define as "other": both come from outside.
func (m *Metrics) Request(route, method string, code int, took time.Duration) {
	if route == "" {
		route = Unmatched
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}
