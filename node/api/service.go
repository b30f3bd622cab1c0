package api

import (
	"context"
	"io"
)

// Service is everything that a node does for its owner.
type Service interface {
	Reader
	Screener
	Speaker
	Keeper
	Council
	Prover
}

// Reader answers from the list as it stands.
type Reader interface {
	// Lookup says what the list says of one number.
	Lookup(ctx context.Context, q Query) (Lookup, error)
	// LookupMany says it of up to MaxLookups numbers, of all as of one moment, in the order
	// asked. What is wrong with one number is that number's answer; an error is of them all.
	LookupMany(ctx context.Context, q LookupMany) ([]LookupAnswer, error)
	// Explain tells every statement behind that and what became of it.
	Explain(ctx context.Context, q Query) (Explanation, error)
	// Contests tells what is disputed and who has yet to answer.
	Contests(ctx context.Context, q ContestQuery) (Contests, error)
	// Statement returns one statement by its reference.
	Statement(ctx context.Context, ref string) (Statement, error)
	// Status says who the node is, what it holds, and what is wrong.
	Status(ctx context.Context) (Status, error)
	// Peers tells of the other nodes of the federation, and how they stand.
	Peers(ctx context.Context) (Peers, error)
	// Evidence returns the fork proofs and the disagreements that are kept.
	Evidence(ctx context.Context) (Evidence, error)
	// SayAgain returns what the node's member has to say again under another of its
	// keys, since a fork took it out of the list.
	SayAgain(ctx context.Context) (SayAgain, error)
}

// Screener decides calls.
type Screener interface {
	// Screen returns the verdict on one call, as no face in shadow gives it.
	Screen(ctx context.Context, c Call) (Verdict, error)
	// Enforce turns a face or a rule on or off, or only tells the switches
	// when Target is empty.
	Enforce(ctx context.Context, e Enforce) ([]Switch, error)
}

// Speaker says things in the name of the node's member.
type Speaker interface {
	// Publish reads a publisher's file and says what it says.
	Publish(ctx context.Context, p Publish, file io.Reader, h Hearing) (Published, error)
	// Say says one thing by hand, or only previews it.
	Say(ctx context.Context, s Say) (Said, error)
	// Retract undoes a statement, a batch or a publication, or only previews. It
	// signs nothing and says NotFound of what is not known here, and Refused of what
	// is retracted already.
	Retract(ctx context.Context, r Retract) (Said, error)
	// Publications lists what was delivered, newest first.
	Publications(ctx context.Context) ([]Publication, error)
	// Lift lets a barred issuer sign again once its last published head is
	// named, NoHead for a key that never signed.
	Lift(ctx context.Context, head string) error
}

// Keeper looks after the node itself.
type Keeper interface {
	// ImportPlan takes a numbering plan in and keeps it.
	ImportPlan(ctx context.Context, p PlanImport, file io.Reader) (Plan, error)
	// RemovePlan undoes an import: the plan of a country as of a date, 2026-11-24.
	RemovePlan(ctx context.Context, country, date string) (Plan, error)
	// Backup writes a consistent backup while the node runs.
	Backup(ctx context.Context, to io.Writer) error
	// Audit judges all that the node holds anew, from the genesis, while it runs: one at a
	// time, and Unavailable of another.
	Audit(ctx context.Context) (Audit, error)
	// Token makes a new token of a role and returns it once.
	Token(ctx context.Context, t TokenRequest) (Token, error)
	// Tokens lists the tokens without their secrets; Revoke ends one.
	Tokens(ctx context.Context) ([]Token, error)
	Revoke(ctx context.Context, name string) error
}

// NoHead is what Lift takes of an issuer that published nothing.
const NoHead = "none"
