// Package quota is how much of one issuer's feed is pulled in a time, whoever gives it.
// Quotas throttle pulling; they never decide what is valid.
//
// A room of package reconcile, floor 10.
package quota
