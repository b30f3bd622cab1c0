package plan

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ringfence/store/number"
	"ringfence/store/plan/internal/forms"
)

// Format is the form of a plan that somebody else publishes.
type Format string

// The formats that Import reads.
const (
	// LibphonenumberRanges is the ranges.csv of one calling code in
	// google/libphonenumber, resources/metadata: Apache-2.0, padded columns
	// parted by semicolons. It lists a country completely.
	LibphonenumberRanges Format = "libphonenumber-ranges"
	// CNRanges is a table of Chinese mobile blocks: CSV with the columns
	// prefix7_start, prefix7_end, province, city and type_code. It lists
	// numbers of the form 1[3-9]xxxxxxxxx completely.
	CNRanges Format = "cn-ranges"
)

// ParseFormat reads the name of a format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case LibphonenumberRanges, CNRanges:
		return f, nil
	}
	return "", fmt.Errorf("plan: %q is no format of plans; want %s or %s", clip(s), LibphonenumberRanges, CNRanges)
}

// maxImport is the greatest size of a plan file, unpacked.
const maxImport = 512 << 20

// Import reads a plan that somebody else publishes, plain or gzipped. Neither
// format tells its own date and source: m does, and for libphonenumber's also
// the country. Errors name line, field and reason.
func Import(r io.Reader, f Format, m Meta) (*Plan, error) {
	if f == CNRanges && m.Country == 0 {
		m.Country = number.China
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	in, err := unpack(r)
	if err != nil {
		return nil, err
	}
	b := &builder{meta: m}
	switch f {
	case LibphonenumberRanges:
		err = importRanges(in, b)
	case CNRanges:
		err = importChina(in, b)
	default:
		_, err = ParseFormat(string(f))
	}
	if err != nil {
		return nil, err
	}
	if len(b.rows) == 0 {
		return nil, errors.New("plan: the file has no ranges; is it the right file?")
	}
	if in.last != '\n' {
		return nil, fmt.Errorf("plan: line %d: the file breaks off in it, without a line end; fetch the file again, or end its last line if it is whole", in.lines+1)
	}
	return b.build()
}

// unpack returns the text behind r, which may be gzipped, bounded in size.
func unpack(r io.Reader) (*bounded, error) {
	in := bufio.NewReader(r)
	head, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("plan: read: %w", err)
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return &bounded{in: in, left: maxImport}, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("plan: gunzip: %w", err)
	}
	return &bounded{in: z, left: maxImport}, nil
}

// bounded fails after a number of bytes, where io.LimitReader would end as if
// the file did. It remembers how the file ended.
type bounded struct {
	in    io.Reader
	left  int
	lines int // line ends read
	last  byte
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("larger than %d MiB unpacked", maxImport>>20)
	}
	if n > 0 {
		b.lines += bytes.Count(p[:n], []byte{'\n'})
		b.last = p[n-1]
	}
	return n, err
}

// columns finds named columns in a header line.
func columns(header []string, names ...string) ([]int, error) {
	places := make([]int, len(names))
	for i, name := range names {
		places[i] = -1
		for j, h := range header {
			if strings.TrimSpace(h) == name {
				places[i] = j
			}
		}
		if places[i] < 0 {
			return nil, fmt.Errorf("no column %q in the header; the file is not in this format", name)
		}
	}
	return places, nil
}

func importRanges(in io.Reader, b *builder) error {
	most := number.MaxDigits - b.meta.Country.Len()
	var all []int
	for n := 1; n <= most; n++ {
		all = append(all, n)
	}
	if err := b.scope([]string{""}, all); err != nil {
		return err
	}
	var place []int
	regions := -1
	return lines(in, func(line int, s string) error {
		if strings.TrimSpace(s) == "" {
			return nil
		}
		f, err := fields(s)
		if err != nil {
			return err
		}
		if place == nil {
			regions = slices.Index(f, "Regions")
			place, err = columns(f, "Prefix", "Length", "Type", "Tariff", "Operator")
			return err
		}
		if regions >= 0 && regions < len(f) {
			if err := ofCountry(f[regions], b.meta.Country); err != nil {
				return err
			}
		}
		return importRange(b, line, f, place)
	})
}

// ofCountry refuses a range of another country: the file names none, but many of
// its lines name regions.
func ofCountry(regions string, c number.Country) error {
	own := phonenumbers.GetRegionCodesForCountryCode(int(c))
	for region := range strings.SplitSeq(regions, ",") {
		if region = strings.TrimSpace(region); region != "" && len(own) > 0 && !slices.Contains(own, region) {
			return fmt.Errorf("field Regions: %q is no region of country %s; is it the file of another country?", clip(region), c)
		}
	}
	return nil
}

func importRange(b *builder, line int, f []string, place []int) error {
	cell := func(i int) string {
		if place[i] < len(f) {
			return f[place[i]]
		}
		return ""
	}
	p, err := forms.ParsePattern(cell(0))
	if err != nil {
		return fmt.Errorf("field Prefix: pattern %w", err)
	}
	prefixes, err := p.Expand()
	if err != nil {
		return fmt.Errorf("field Prefix: pattern %w", err)
	}
	counts, err := lengths(cell(1))
	if err != nil {
		return fmt.Errorf("field Length: %w", err)
	}
	class, err := rangeClass(cell(2), cell(3))
	if err != nil {
		return err
	}
	if err := text(cell(4)); err != nil {
		return fmt.Errorf("field Operator: %w", err)
	}
	if len(b.rows) > maxRows {
		return fmt.Errorf("more than %d ranges", maxRows)
	}
	return b.add(line, false, prefixes, counts, value{class: class, holder: cell(4)})
}

// rangeClass maps libphonenumber's type and tariff. What a call costs says
// more of a number than what it ends on.
func rangeClass(kind, tariff string) (Class, error) {
	switch tariff {
	case "TOLL_FREE":
		return Freephone, nil
	case "PREMIUM_RATE":
		return Premium, nil
	case "SHARED_COST":
		return Shared, nil
	case "STANDARD_RATE", "":
	default:
		return 0, fmt.Errorf("field Tariff: %q is not known", clip(tariff))
	}
	switch kind {
	case "FIXED_LINE", "ISP":
		return Landline, nil
	case "MOBILE":
		return Mobile, nil
	case "FIXED_LINE_OR_MOBILE":
		return FixedOrMobile, nil
	case "VOIP":
		return VoIP, nil
	case "UAN", "PERSONAL_NUMBER":
		return Personal, nil
	case "PAGER":
		return Pager, nil
	case "M2M":
		return M2M, nil
	case "UNKNOWN", "":
		return Unknown, nil
	}
	return 0, fmt.Errorf("field Type: %q is not known", clip(kind))
}

// chinaType maps the type codes of CNRanges: the operator that holds a block,
// and whether it is resold.
func chinaType(code string) (v value, ok bool) {
	switch code {
	case "1":
		return value{class: Mobile, holder: "中国移动"}, true
	case "2":
		return value{class: Mobile, holder: "中国联通"}, true
	case "3":
		return value{class: Mobile, holder: "中国电信"}, true
	case "4":
		return value{class: MVNO, holder: "中国电信"}, true
	case "5":
		return value{class: MVNO, holder: "中国联通"}, true
	case "6":
		return value{class: MVNO, holder: "中国移动"}, true
	}
	return value{}, false
}

func importChina(in io.Reader, b *builder) error {
	if b.meta.Country != number.China {
		return fmt.Errorf("plan: %s describes China, not country %s", CNRanges, b.meta.Country)
	}
	mobile := []string{"13", "14", "15", "16", "17", "18", "19"}
	if err := b.scope(mobile, []int{11}); err != nil {
		return err
	}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return fmt.Errorf("plan: line 1: %w", err)
	}
	place, err := columns(header, "prefix7_start", "prefix7_end", "province", "city", "type_code")
	if err != nil {
		return fmt.Errorf("plan: line 1: %w", err)
	}
	for {
		f, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		line, _ := rows.FieldPos(0)
		if err := importBlocks(b, line, f, place); err != nil {
			return fmt.Errorf("plan: line %d: %w", line, err)
		}
	}
}

func importBlocks(b *builder, line int, f []string, place []int) error {
	from, err := block(f[place[0]])
	if err != nil {
		return fmt.Errorf("field prefix7_start: %w", err)
	}
	to, err := block(f[place[1]])
	if err != nil {
		return fmt.Errorf("field prefix7_end: %w", err)
	}
	if from.first > to.last {
		return fmt.Errorf("field prefix7_end: the range ends before it begins")
	}
	v, ok := chinaType(f[place[4]])
	if !ok {
		return fmt.Errorf("field type_code: %q is none of 1 to 6", clip(f[place[4]]))
	}
	province := provinceCode(f[place[2]])
	if province == 0 {
		return fmt.Errorf("field province: %q is no province", clip(f[place[2]]))
	}
	v.province, v.region = uint8(province), strings.Clone(regionName(province, f[place[3]]))
	if err := text(v.region); err != nil {
		return fmt.Errorf("field city: %w", err)
	}
	if len(b.rows) > maxRows {
		return fmt.Errorf("more than %d ranges", maxRows)
	}
	b.rows = append(b.rows, row{span{from.first, to.last}, b.intern(v), line})
	return nil
}

// block returns the ten thousand numbers of a seven-digit prefix.
func block(s string) (span, error) {
	if n, err := strconv.ParseUint(s, 10, 32); err != nil || len(s) != 7 || n < 1_300_000 || n > 1_999_999 {
		return span{}, fmt.Errorf("%q is no seven-digit mobile prefix", clip(s))
	}
	return spanOf(number.China, false, s, 11)
}
