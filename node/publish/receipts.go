package publish

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// Receipts writes receipts as CSV: line, number, category, statement. Numbers
// are masked: the line tells which one it is to whoever has the file.
type Receipts struct{ w *csv.Writer }

// NewReceipts writes the heading to w.
func NewReceipts(w io.Writer) (*Receipts, error) {
	r := &Receipts{csv.NewWriter(w)}
	if err := r.w.Write([]string{"line", "number", "category", "statement"}); err != nil {
		return nil, fmt.Errorf("write receipts: %w", err)
	}
	return r, nil
}

// Add writes one receipt.
func (r *Receipts) Add(one Receipt) error {
	err := r.w.Write([]string{strconv.Itoa(one.Line), one.Number.Masked(), one.Category.String(), one.Statement.String()})
	if err != nil {
		return fmt.Errorf("write receipts: %w", err)
	}
	return nil
}

// Flush writes what is buffered.
func (r *Receipts) Flush() error {
	r.w.Flush()
	if err := r.w.Error(); err != nil {
		return fmt.Errorf("write receipts: %w", err)
	}
	return nil
}
