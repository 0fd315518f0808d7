-- Outlines of communities and of what lies in them whose box touches a box, on a day.
-- west, south, east, north, day
SELECT o.place_id, p.level, o.rings, o.schematic
FROM places_outline o
JOIN places_place p ON p.number = o.place_id
WHERE box(point(o.west, o.south), point(o.east, o.north)) && box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))
  AND o.valid_from <= %(day)s AND (o.valid_to IS NULL OR %(day)s < o.valid_to)
  AND p.level IN ('community', 'grid', 'estate', 'building')
