package main

import (
	"cmp"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/cmd/ringfence/table"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/source/mapping"
	"ringfence/node/source/mask"
	"ringfence/store/strictyaml"
)

func (a *app) publishCommand() *cobra.Command {
	p := api.Publish{}
	var rejects, receipts table.File
	cmd := &cobra.Command{
		Use:   "publish FILE|- --mapping NAME|PATH",
		Short: "Publish a file: read, sign, list",
		Long: `Publish reads a publisher's file by a mapping, turns its rows into statements,
signs them and lists them. All of it can be undone in one step by the ID that it
prints. Publishing the same content again adds nothing but what was retracted since:
that is said again, under a new ID. A publication that was cut short is finished by
publishing the file again.

Rows that cannot be used are rejected alone, each with line, field, masked value
and reason, into --rejects. --dry-run signs nothing and tells what would be
published, rejected and changed in the list. Both files are written while the
work goes on, as FILE.incomplete until they are whole; publishing the same
content again gives both of them whole.

When no row says anything the answer tells why, and the exit code is 4 where the
federation's rules refused what could be read, 2 where nothing could.

Mappings that ship: ` + strings.Join(mapping.ShippedNames(), ", ") + `; configs/mappings/README.md
says how to write one.`,
		Example: `  ringfence publish complaints.csv --mapping ftc-daily --dry-run --rejects rejected.csv
  ringfence publish numbers.txt --mapping plain-list --country 86 --as-of 2026-11-20`,
		Args: slip.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if p.Mapping == "" {
				return slip.Missing(cmd, "--mapping", phrase.New("usage.mappings", "there are %s, or the path of a file", strings.Join(mapping.ShippedNames(), ", ")))
			}
			d, err := a.publish(cmd, p, args[0], &rejects, &receipts)
			if d == nil {
				return err
			}
			// What was published is told, also when a table could not be kept.
			return cmp.Or(errors.Join(answer(a, cmd, d, show.Published), err), emptyHanded(d))
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.Mapping, "mapping", "", "`mapping`: the name of one that ships, or the path of a file")
	f.StringVar(&p.Country, "country", "", "calling `code` of numbers without one, above the mapping's")
	f.StringVar(&p.AsOf, "as-of", "", "`date` of a file whose rows have none")
	f.StringVar(&p.NewestOn, "newest-on", "", "shift all dates by whole days so that the newest is this `date`; for trials with old files")
	f.BoolVar(&p.DryRun, "dry-run", false, "sign nothing, only tell")
	f.StringVar(&rejects.Name, "rejects", "", "`file` for rejected rows, as CSV")
	f.StringVar(&receipts.Name, "receipts", "", "`file` for receipts (input line, statement), as CSV")
	return cmd
}

// emptyHanded ends a publication that says nothing at all, though it was asked
// to and nothing of it stands.
func emptyHanded(d *api.Published) error {
	switch {
	case d.Already || d.Statements+d.Unchanged+d.Resumed+d.Queued > 0:
		return nil
	case d.Refused > 0:
		return shown(api.ExitRefused)
	}
	return shown(api.ExitUsage)
}

// publish returns nil when the node gave no account of a publication.
func (a *app) publish(cmd *cobra.Command, p api.Publish, file string, rejects, receipts *table.File) (d *api.Published, err error) {
	if err := resolveMapping(&p); err != nil {
		return nil, err
	}
	in, err := a.input(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	p.File = "standard input"
	if file != "-" {
		p.File = filepath.Base(file)
		info, err := os.Stat(file)
		if err != nil {
			return nil, bad(err)
		}
		if info.IsDir() {
			return nil, api.Errorf(api.BadInput, "%s is a directory, not a file to publish", file)
		}
		p.Size = info.Size()
	}
	progress, finish := a.progress()
	h := api.Hearing{Progress: progress}
	if rejects.Name != "" {
		h.Rejected = func(r api.RejectedRow) error {
			return rejects.Add(strconv.Itoa(r.Line), mask.Cell(r.Field), mask.Cell(r.Value), mask.Cell(r.Reason))
		}
	}
	if receipts.Name != "" {
		h.Receipt = func(r api.ReceiptLine) error {
			return receipts.Add(strconv.Itoa(r.Line), mask.Cell(r.Number), r.Category, r.Statement)
		}
	}
	// Whether they can be written is known before anything is signed.
	err = errors.Join(rejects.Begin("line", "field", "value", "reason"), receipts.Begin("line", "number", "category", "statement"))
	if err == nil {
		var got api.Published
		got, err = ask(a, cmd, speaks, func(s api.Service) (api.Published, error) { return s.Publish(cmd.Context(), p, in, h) })
		if err == nil {
			d = &got
		}
	}
	return d, errors.Join(err, finish(), rejects.End(err), receipts.End(err))
}

// resolveMapping reads a mapping that is given as a path. The path of one that
// ships stands for it, also where the source is not at hand.
func resolveMapping(p *api.Publish) error {
	if slices.Contains(mapping.ShippedNames(), p.Mapping) {
		return nil
	}
	text, err := os.ReadFile(p.Mapping)
	if err == nil {
		p.Text, p.Mapping = string(text), filepath.Base(p.Mapping)
		return nil
	}
	name := strings.TrimSuffix(path.Base(filepath.ToSlash(p.Mapping)), ".yaml")
	if slices.Contains(mapping.ShippedNames(), name) && strings.HasSuffix(p.Mapping, "configs/mappings/"+name+".yaml") {
		p.Mapping = name
		return nil
	}
	return api.Errorf(api.BadInput, "no mapping %q: %v%s", p.Mapping, err, strictyaml.Hint(name, mapping.ShippedNames()))
}

// progress draws a bar for people who watch: reading, then publishing.
func (a *app) progress() (draw func(api.Progress), finish func() error) {
	if a.json || !isTerminal(a.err) {
		return nil, func() error { return nil }
	}
	var bar *progressbar.ProgressBar
	phase := ""
	draw = func(p api.Progress) {
		if p.Phase != phase {
			total := p.Total
			if total == 0 {
				total = -1 // a spinner: the size is not known
			}
			phase = p.Phase
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(phase),
				progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set64(p.Done) // a bar that cannot be drawn is no reason to stop
	}
	return draw, func() error {
		if bar == nil {
			return nil
		}
		return bar.Clear()
	}
}
