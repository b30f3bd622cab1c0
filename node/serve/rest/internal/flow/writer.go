package flow

import (
	"errors"
	"net/http"
	"time"
)

// Writer writes an answer piece by piece; each must be taken in time. Nothing
// is answered before the first, so that an early failure has its status.
type Writer struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	media    string
	patience time.Duration
	begun    bool
}

// NewWriter makes a writer of an answer of the given media type.
func NewWriter(w http.ResponseWriter, media string, patience time.Duration) *Writer {
	return &Writer{w: w, control: http.NewResponseController(w), media: media, patience: patience}
}

// Begun tells whether a piece was written.
func (s *Writer) Begun() bool { return s.begun }

// Flush sends what was written on its way.
func (s *Writer) Flush() error {
	if err := s.control.Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// Begin begins an answer that may have no pieces.
func (s *Writer) Begin() {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", s.media)
		s.w.WriteHeader(http.StatusOK)
	}
}

// Write writes a piece.
func (s *Writer) Write(p []byte) (int, error) {
	s.Begin()
	if err := s.control.SetWriteDeadline(time.Now().Add(s.patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return s.w.Write(p)
}
