"""Pages of an invoice: what stands where, apart from who draws it. There is no plug-in class here.

    sheet       from an item to its pages and back; where to begin reading
    labels      the words of a language, and how it writes numbers and days
    typefaces   the fonts that ship, what they carry, how wide a text is
    characters  what no font here carries, as findings
    marks       what is drawn on a page: texts, lines, boxes, a picture
    flow        texts one below the other and side by side, over as many pages as they need
    content     an invoice's terms as the words and figures that are shown
    layout      the whole invoice, block after block
    table       its lines, allowances and charges
    sums        VAT, totals, and the amount due
    logo        the picture at the head of the first page
    canvas      pages drawn with reportlab
    archival    pages drawn with fpdf2, as PDF/A-3 with an attachment
    reading     what stands on the drawn pages, read by code of its own
    objects     the objects of a PDF file, for that reader

A page is laid out once and drawn by either library, so that a PDF and a Factur-X document look the same.
"""
