package config_test

import (
	"slices"
	"strings"
	"testing"

	"ringfence/node/config"
)

const (
	peerA = "/ip4/192.0.2.1/tcp/7400/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
	peerB = "/dns/node.example.net/udp/7400/quic-v1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
)

func TestPeers(t *testing.T) {
	quiet(t)
	if p := load(t, "").Peers; p.Listen != "" || len(p.Announce)+len(p.Bootstrap) != 0 || p.LAN {
		t.Errorf("by default %+v", p)
	}
	file := write(t, "node.yaml", "peers:\n  listen: 0.0.0.0:7400\n  announce: [node.example.net:7400, '[2001:db8::1]:7400']\n  bootstrap:\n    - "+peerA+"\n  lan: true\n")
	p := load(t, file).Peers
	if p.Listen != "0.0.0.0:7400" || len(p.Announce) != 2 || !slices.Equal(p.Bootstrap, []string{peerA}) || !p.LAN {
		t.Errorf("from a file %+v", p)
	}
	t.Setenv("RINGFENCE_PEERS_LISTEN", "none")
	t.Setenv("RINGFENCE_PEERS_BOOTSTRAP", peerA+","+peerB)
	t.Setenv("RINGFENCE_PEERS_LAN", "false")
	p = load(t, file).Peers
	if p.Listen != "" || !slices.Equal(p.Bootstrap, []string{peerA, peerB}) || p.LAN {
		t.Errorf("from the environment %+v", p)
	}
	p = load(t, file, "--peers-listen", ":1", "--peers-lan", "--peers-bootstrap", peerB).Peers
	if p.Listen != ":1" || !slices.Equal(p.Bootstrap, []string{peerB}) || !p.LAN {
		t.Errorf("from flags %+v", p)
	}
}

func TestPeersThatAreWrong(t *testing.T) {
	quiet(t)
	for text, want := range map[string]string{
		"listen: here":                    `peers.listen: "here" is no address; want host:port`,
		"listen: node.example.net:7400":   `belongs in peers.announce`,
		"announce: [0.0.0.0:7400]":        `"0.0.0.0:7400" is no address by which others reach this node`,
		"announce: ['node:0']":            `"node:0" is no address by which others reach this node`,
		"announce: [node]":                `"node" is no address by which others reach this node`,
		"bootstrap: [192.0.2.1]":          `"192.0.2.1" is no address of a peer; want one such as /ip4/`,
		"bootstrap: [/ip4/1.2.3.4/tcp/1]": `end it with /p2p/ and the peer's ID`,
		"bootstrap: [" + peerA[strings.Index(peerA, "/p2p"):] + "]": `says who the peer is and not where`,
		"bootstrap: {a: b}":   "want one value, not several",
		"bootstrap: [{a: b}]": "want one value an item",
		"lan: perhaps":        `"perhaps" is neither true nor false`,
		"lam: true":           `the nearest is "peers.lan"`,
	} {
		file := write(t, "node.yaml", "peers:\n  "+text+"\n")
		_, err := config.Load(config.Options{File: file, Flags: flags(t)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "node.yaml:2") {
			t.Errorf("%s: %v, want %s and the line", text, err, want)
		}
	}
}

// What the operator wrote stays, wherever the address finds its place.
func TestAddPeerKeepsWhatIsWritten(t *testing.T) {
	quiet(t)
	for name, c := range map[string]struct{ before, after string }{
		"nothing":       {"", "peers:\n  bootstrap:\n    - ADDR\n"},
		"other things":  {"# mine\nhome: 86", "# mine\nhome: 86\n\npeers:\n  bootstrap:\n    - ADDR\n"},
		"only comments": {"# mine\n", "# mine\n\npeers:\n  bootstrap:\n    - ADDR\n"},
		"a section":     {"peers: # how\n    # where\n    listen: :7400 # here\nhome: 86\n", "peers: # how\n    bootstrap:\n      - ADDR\n    # where\n    listen: :7400 # here\nhome: 86\n"},
		"an empty one":  {"peers:\nhome: 86\n", "peers:\n  bootstrap:\n    - ADDR\nhome: 86\n"},
		"a list":        {"peers:\n  bootstrap: # whom\n    - " + peerB + " # them\n  lan: true\n", "peers:\n  bootstrap: # whom\n    - " + peerB + " # them\n    - ADDR\n  lan: true\n"},
		"a flush list":  {"peers:\n  bootstrap:\n  - " + peerB, "peers:\n  bootstrap:\n  - " + peerB + "\n  - ADDR\n"},
		"an empty list": {"peers:\n  bootstrap: []   # nobody yet\n", "peers:\n  bootstrap: [\"ADDR\"]   # nobody yet\n"},
		"a flow list":   {"peers:\n  bootstrap: [" + peerB + "] # 他们\n", "peers:\n  bootstrap: [\"ADDR\", " + peerB + "] # 他们\n"},
		"no list":       {"peers:\n  bootstrap:\n  lan: true\n", "peers:\n  bootstrap:\n    - ADDR\n  lan: true\n"},
		"a flow map":    {"peers: {lan: true}\n", "peers: {bootstrap: [\"ADDR\"], lan: true}\n"},
		"an empty map":  {"peers: {}\n", "peers: {bootstrap: [\"ADDR\"]}\n"},
		"it is there":   {"peers:\n  bootstrap:\n    - ADDR\n", "peers:\n  bootstrap:\n    - ADDR\n"},
	} {
		before, want := strings.ReplaceAll(c.before, "ADDR", peerA), strings.ReplaceAll(c.after, "ADDR", peerA)
		got, err := config.AddPeer([]byte(before), peerA)
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
			continue
		}
		if p := load(t, write(t, "node.yaml", string(got))).Peers; !slices.Contains(p.Bootstrap, peerA) {
			t.Errorf("%s: the node would begin with %v", name, p.Bootstrap)
		}
		again, err := config.AddPeer(got, peerA)
		if err != nil || string(again) != want {
			t.Errorf("%s: a second time: %v\n%s", name, err, again)
		}
	}
}

func TestAddPeerRefuses(t *testing.T) {
	for text, address := range map[string]string{
		"peers: 3\n": peerA, "peers:\n  bootstrap: " + peerB + "\n": peerA, "a: [\n": peerA, "": "/ip4/192.0.2.1/tcp/1",
	} {
		if got, err := config.AddPeer([]byte(text), address); err == nil {
			t.Errorf("%q and %s: %q", text, address, got)
		}
	}
}

func FuzzAddPeer(f *testing.F) {
	f.Add("peers:\n  bootstrap:\n    - x\n")
	f.Add("peers: {bootstrap: [a]}\n")
	f.Add("? peers\n: {}\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := config.AddPeer([]byte(text), peerA); err == nil && !strings.Contains(string(got), peerA) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
