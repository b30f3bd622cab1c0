package ringfence

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors is the law of the house: a package imports only from lower floors.
// Packages that are yet to come have their place already. A package below one
// of these (store/feed/feedtest) stands on its parent's floor, as its room.
var floors = map[string]int{
	"store/number": 0, "store/taxonomy": 0, "store/keys": 0, "store/merkle": 0, "configs": 0, "store/strictyaml": 0, "store/wire": 0,
	"node/phrase": 0,
	"store/plan":  1, "store/assertion": 1, "store/motion": 1, "store/checkpoint": 1, "store/index": 1, "store/policy": 1,
	"store/feed": 2, "store/ledger": 2,
	"store/charter": 3,
	"store/intake":  4, "store/harmonise": 4,
	"store/view":    5,
	"store/archive": 5,
	"store/disk":    6, "store/memory": 6, "store/storetest": 6,
	"consensus/ballot": 7, "consensus/cosign": 7,
	"consensus/follow": 8, "consensus/nominate": 8, "consensus/prove": 8,
	"consensus/audit":  9, // judges what is held as followers do
	"consensus/erase":  9, // judges what is dead as followers do
	"consensus/quorum": 9, // follows its own ledger as everybody does
	"node/logtest":     9, "node/locale": 9, "node/metrics": 9, "node/overlay": 9, "node/screen": 9, "node/api": 9,
	"node/answer": 10, "node/auditor": 10, "node/source": 10, "node/publish": 10, "node/gossip": 10, "node/reconcile": 10, "node/export": 10, "node/edge": 10,
	"node/detect": 10, "node/report": 10, "node/trace": 10, "node/consent": 10, "node/alert": 10, "node/token": 10,
	"node/federation": 11, "node/plans": 11, "node/succession": 11, "node/authority": 11, "node/bound": 11, "node/snapshot": 11, "node/forks": 11, "node/speak": 11,
	"node/serve/rest": 11, "node/serve/dns": 11, "node/serve/sip": 11, "node/serve/console": 11,
	"node/config":   12,
	"node/past":     12,
	"node/council":  12, // uses the regulator and follower that node/authority has
	"node":          13,
	"simulations":   14,
	"cmd/ringfence": 15,
}

// fences says which vendor may be imported where, and why it is fenced.
var fences = []struct {
	vendor, why string
	allowed     []string
}{
	{"github.com/dgraph-io/badger", "the storage engine is one package's secret", []string{"store/disk", "simulations"}},
	{"github.com/hashicorp/raft", "Raft orders and is not trusted; nobody else may lean on it", []string{"consensus/quorum"}},
	{"github.com/libp2p", "what is said is ours, how it travels is the overlay's", []string{"node/overlay", "node/gossip", "node/reconcile", "simulations"}},
	{"github.com/spf13/viper", "configuration is decoded once into structs", []string{"node/config"}},
}

const module = "ringfence/"

// source is one parsed Go file.
type source struct {
	dir  string // of its package, slash-separated, relative to the root
	name string
	file *ast.File
	fset *token.FileSet
	test bool
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() && name != "." {
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
				return filepath.SkipDir // a module of its own, such as a benchmark's baseline
			}
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(name)
		all = append(all, source{path.Dir(slashed), path.Base(slashed), file, fset, strings.HasSuffix(name, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d Go files found; the test does not see the tree", len(all))
	}
	return all
}

// room returns the package of the table that dir belongs to, and its floor.
func room(dir string) (string, int, bool) {
	for d := dir; d != "."; d = path.Dir(d) {
		if floor, ok := floors[d]; ok && (d == dir || d != "node") {
			return d, floor, true
		}
	}
	return "", 0, false
}

func TestPackagesImportOnlyFromLowerFloors(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir == "." {
			continue
		}
		here, floor, ok := room(s.dir)
		if !ok {
			t.Errorf("%s/%s: the package has no floor; give it one in arch_test.go, with the design in mind", s.dir, s.name)
			continue
		}
		if s.test {
			continue // tests may stand on anything
		}
		for _, imported := range s.file.Imports {
			full, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			dir, ours := strings.CutPrefix(full, module)
			if !ours {
				continue
			}
			there, under, ok := room(dir)
			if ok && (there == here || under < floor) {
				continue
			}
			t.Errorf("%s/%s (floor %d) imports %s (floor %d): what two siblings share sinks a floor or is passed in as a value", s.dir, s.name, floor, dir, under)
		}
	}
}

func TestVendorsStayInsideTheirFences(t *testing.T) {
	for _, s := range sources(t) {
		here, _, _ := room(s.dir)
		for _, imported := range s.file.Imports {
			for _, fence := range fences {
				if !strings.HasPrefix(strings.Trim(imported.Path.Value, `"`), fence.vendor) {
					continue
				}
				inside := false
				for _, allowed := range fence.allowed {
					inside = inside || here == allowed
				}
				if !inside {
					t.Errorf("%s/%s imports %s, which belongs in %v: %s", s.dir, s.name, fence.vendor, fence.allowed, fence.why)
				}
			}
		}
	}
}

// TestOnlyTestsLeanOnTests: what is made for tests (package testing, and packages
// whose name ends in it, whose keys follow from numbers) is no part of a node. Of
// what ships, the simulations alone have it: time passes faster only in a bubble of
// testing/synctest, which exists nowhere but in a test, and `ringfence bench spread`
// is to say on the user's machine what a hundred nodes do; `ringfence bench ledger` what
// four regulators do, whose motions are those of tests.
func TestOnlyTestsLeanOnTests(t *testing.T) {
	forTests := func(name string) bool {
		return strings.HasPrefix(name, "testing") || strings.HasSuffix(path.Base(name), "test") || name == module+"simulations/crowd" || name == module+"simulations/council"
	}
	for _, s := range sources(t) {
		if s.test || forTests(module+s.dir) || s.dir == "simulations/bench" {
			continue
		}
		for _, imported := range s.file.Imports {
			if name := strings.Trim(imported.Path.Value, `"`); forTests(name) {
				t.Errorf("%s/%s imports %s, which is for tests alone", s.dir, s.name, name)
			}
		}
	}
}

func TestEveryPackageHasADocComment(t *testing.T) {
	documented := make(map[string]bool)
	for _, s := range sources(t) {
		if !s.test {
			documented[s.dir] = documented[s.dir] || s.file.Doc != nil
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment; say in a sentence what it is, then why it exists", dir)
		}
	}
}

// Bounds of what one reads at a sitting.
const (
	longestFile     = 600
	longestFunction = 80
)

func TestCodeStaysReadable(t *testing.T) {
	vague := map[string]bool{"util": true, "utils": true, "common": true, "helpers": true, "types": true, "misc": true}
	for _, s := range sources(t) {
		if vague[path.Base(s.dir)] {
			t.Errorf("%s: a package is named for what it means, not %q", s.dir, path.Base(s.dir))
		}
		if s.test {
			continue
		}
		if lines := s.fset.Position(s.file.End()).Line; lines > longestFile {
			t.Errorf("%s/%s has %d lines, the most is %d: split it by what it is about", s.dir, s.name, lines, longestFile)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if f.Name.Name == "init" && f.Recv == nil {
				t.Errorf("%s/%s: init runs at a distance; make the value where it is used", s.dir, s.name)
			}
			if lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; lines > longestFunction {
				t.Errorf("%s/%s: %s has %d lines, the most is %d", s.dir, s.name, f.Name.Name, lines, longestFunction)
			}
		}
	}
}

// longestPackage is how many lines of code a package has at most, blank lines,
// comments and tests not counted; about 900 is the aim.
const longestPackage = 1500

// tooLong are the packages that are longer, with the lines that they may have.
// A figure here only falls: split the package, or make it smaller, and lower it,
// at the latest when it is slack lines too high.
var tooLong = map[string]int{
	"cmd/ringfence": 2489,
	"store/view":    1973,
}

const slack = 50

func TestPackagesStaySmall(t *testing.T) {
	lines := make(map[string]int)
	for _, s := range sources(t) {
		if !s.test {
			lines[s.dir] += codeLines(t, path.Join(s.dir, s.name))
		}
	}
	for dir, n := range lines {
		most, named := tooLong[dir]
		switch {
		case named && n < most-slack:
			t.Errorf("%s has %d lines of code and may have %d: lower the figure to that, or take it from the list at %d and less", dir, n, most, longestPackage)
		case named && n > most:
			t.Errorf("%s has %d lines of code and may have no more than %d: it only gets smaller", dir, n, most)
		case !named && n > longestPackage:
			t.Errorf("%s has %d lines of code, the most is %d: give a part of it that means something a package of its own", dir, n, longestPackage)
		}
	}
	for dir := range tooLong {
		if lines[dir] == 0 {
			t.Errorf("%s is an exception and does not exist", dir)
		}
	}
}

// codeLines counts the lines of a file on which there is code.
func codeLines(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	file := fset.AddFile(name, -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, 0) // comments are skipped
	n, last := 0, 0
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return n
		}
		if tok == token.SEMICOLON && literal == "\n" {
			continue // put there by the scanner
		}
		line := file.Line(pos)
		if line > last {
			n++
		}
		last = line
		if tok != token.STRING {
			continue
		}
		for _, more := range strings.Split(literal, "\n")[1:] { // of a raw string
			last++
			if strings.TrimSpace(more) != "" {
				n++
			}
		}
	}
}
