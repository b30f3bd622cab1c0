package simulations

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"ringfence/node/api"
	"ringfence/simulations/story"
	"ringfence/store/assertion"
)

// publishAll lets every publisher publish its file on its own node, dated so
// that the newest complaint was made yesterday. One node misses the large files
// and has to catch up.
func (d *demo) publishAll(ctx context.Context, began time.Time) error {
	yesterday := began.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	d.printf("\nPublishing, each on its own node. Dates are moved by whole days so that the newest complaint is of yesterday, %s:\n", yesterday)
	for _, in := range inputs() {
		if err := d.publish(ctx, in, yesterday); err != nil {
			return err
		}
		if in.member != deskRest {
			continue
		}
		if err := d.tellAgreement(ctx); err != nil {
			return err
		}
		d.desks = remember(d.home().View().List())
		if err := d.station(reseller).halt(); err != nil {
			return err
		}
		d.printf("  %s is stopped now; it will miss what follows.\n", reseller)
	}
	if err := d.holdings(ctx); err != nil {
		return err
	}
	if err := d.tellAgreement(ctx); err != nil {
		return err
	}
	return d.restart(ctx)
}

// restart starts the stopped node and waits until it has what it missed.
func (d *demo) restart(ctx context.Context) error {
	began := time.Now()
	if err := d.station(reseller).start(); err != nil {
		return err
	}
	d.printf("  %s runs again.\n", reseller)
	err := d.tellAgreement(ctx)
	d.summary.Restarted, d.summary.CaughtUpSeconds = reseller, time.Since(began).Seconds()
	return err
}

func (d *demo) publish(ctx context.Context, in input, yesterday string) error {
	text, err := in.text()
	if err != nil {
		return err
	}
	got, err := d.station(in.member).node.Publish(ctx, api.Publish{
		Mapping: in.mapping, File: in.file, Size: int64(len(text)), Country: in.country, NewestOn: yesterday,
	}, bytes.NewReader(text), api.Hearing{Progress: func(p api.Progress) { d.cfg.Progress(in.member, p) }})
	if err != nil {
		return fmt.Errorf("%s publishes %s: %w", in.member, in.file, err)
	}
	one := publisherOf(in, got)
	one.MovedDays = movedDays(in.newest, yesterday)
	d.summary.Publishers = append(d.summary.Publishers, one)
	one.Tell(d.text, one.MovedDays == 0)
	return nil
}

// movedDays returns by how many days a file's dates are moved; 0 for a file
// without dates.
func movedDays(newest, to string) int {
	from, err := time.Parse(time.DateOnly, newest)
	if err != nil {
		return 0
	}
	until, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return 0
	}
	return int(until.Sub(from) / (24 * time.Hour))
}

// holdings lets the carrier say, of each number of the directory, whose it is.
func (d *demo) holdings(ctx context.Context) error {
	held := &d.federation.held
	began := d.cfg.Now()
	const file = "cn_service_directory.csv"
	all := make([]api.Say, len(held.Holdings))
	for i, h := range held.Holdings {
		all[i] = api.Say{Kind: assertion.KindResource.String(), Subject: h.Number.String(), Label: h.Organisation, Reason: h.Sector}
	}
	if err := d.home().SayTogether(ctx, file, all); err != nil {
		return fmt.Errorf("%s says whose its numbers are: %w", carrier, err)
	}
	one := story.Publisher{
		Member: carrier, File: file, What: "service numbers of organisations in China, as resources",
		Rows: held.Rows, Rejected: held.LeftOut(), RejectedBy: held.Left,
		Statements: len(held.Holdings), Seconds: d.cfg.Now().Sub(began).Seconds(),
	}
	d.summary.Publishers = append(d.summary.Publishers, one)
	d.summary.Protected = len(held.Holdings)
	one.Tell(d.text, false)
	return nil
}
