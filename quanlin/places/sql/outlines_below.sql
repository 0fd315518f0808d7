-- Outlines of one level in ranges of place numbers, on a day.
-- lows, highs (bigint[]), level, day
SELECT p.number, o.rings, o.schematic
FROM places_place p
JOIN unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS span(low, high) ON p.number BETWEEN span.low AND span.high
JOIN places_outline o ON o.place_id = p.number
WHERE p.level = %(level)s
  AND (p.ended_on IS NULL OR %(day)s < p.ended_on)
  AND o.valid_from <= %(day)s AND (o.valid_to IS NULL OR %(day)s < o.valid_to)
ORDER BY p.number
