// Command baselines does what `ringfence bench ledger` is compared with, by other
// people's programs: it is a module of its own, so that theirs are no part of ours.
//
//	baselines tessera DIR SECONDS   entries of 200 bytes into Tessera's POSIX log
//	baselines etcd DIR SECONDS      writes of 1 KiB into etcd, three members on loopback
//
// Each writes in DIR and prints the object that `ringfence bench --json` prints, its
// baseline null. etcd is that of the path (Debian: etcd-server).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"
)

// result is what a baseline came to, in the words of package simulations/bench.
type result struct {
	Case          string   `json:"case"`
	Value         float64  `json:"value"`
	Unit          string   `json:"unit"`
	Baseline      *string  `json:"baseline"`
	BaselineValue *float64 `json:"baseline_value"`
	Ratio         *float64 `json:"ratio"`
	Goal          string   `json:"goal"`
	Runs          int      `json:"runs"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := run(ctx, os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "baselines:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (result, error) {
	if len(args) == 3 {
		seconds, err := strconv.Atoi(args[2])
		if err != nil {
			return result{}, err
		}
		lasts := time.Duration(seconds) * time.Second
		switch args[0] {
		case "tessera":
			value, err := appendEntries(ctx, args[1], lasts)
			return result{Case: "tessera", Value: value, Unit: "entries/s", Runs: 1}, err
		case "etcd":
			value, err := writeKeys(ctx, args[1], lasts)
			return result{Case: "etcd", Value: value, Unit: "writes/s", Runs: 1}, err
		}
	}
	return result{}, errors.New("call it as `baselines tessera DIR SECONDS` or `baselines etcd DIR SECONDS`")
}
