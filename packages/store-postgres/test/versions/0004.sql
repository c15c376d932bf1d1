SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA copied;
CREATE FUNCTION copied.add_lines(of_run text, of_tx bigint, room bigint, places integer[], items integer[], steps text[], levels integer[], sizes integer[], lines text[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE size record; written integer := 0;
BEGIN
  INSERT INTO log_sizes (run, bytes, dropped) VALUES (of_run, 0, 0)
    ON CONFLICT (run) DO UPDATE SET bytes = log_sizes.bytes RETURNING bytes, dropped INTO size;
  FOR i IN 1 .. cardinality(lines) LOOP
    IF size.dropped = 0 AND size.bytes + sizes[i] <= room THEN
      INSERT INTO logs (tx, place, run, item, step, level, line)
        VALUES (of_tx, places[i], of_run, items[i], steps[i], levels[i], lines[i]);
      size.bytes := size.bytes + sizes[i];
      written := written + 1;
    ELSE
      size.dropped := size.dropped + 1;
    END IF;
  END LOOP;
  UPDATE log_sizes SET bytes = size.bytes, dropped = size.dropped WHERE run = of_run;
  RETURN written;
END $$;
CREATE FUNCTION copied.refuse() RETURNS integer
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'somebody else has written in between' USING ERRCODE = 'serialization_failure';
END $$;
CREATE FUNCTION copied.remove_run(gone text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE last record;
BEGIN
  PERFORM 1 FROM runs WHERE id = gone FOR UPDATE;
  PERFORM 1 FROM shards WHERE run = gone ORDER BY part FOR UPDATE;
  SELECT tx, place INTO last FROM (
    SELECT tx, place FROM journal WHERE run = gone UNION ALL SELECT tx, place FROM logs WHERE run = gone) AS written
  ORDER BY tx DESC, place DESC LIMIT 1;
  IF FOUND THEN
    UPDATE marks SET value = last.tx, place = last.place
      WHERE name = 'removed' AND (marks.value, marks.place) < (last.tx, last.place);
  END IF;
  DELETE FROM wakes WHERE run = gone;
  DELETE FROM logs WHERE run = gone;
  DELETE FROM log_sizes WHERE run = gone;
  DELETE FROM journal WHERE run = gone;
  DELETE FROM items WHERE run = gone;
  DELETE FROM shards WHERE run = gone;
  DELETE FROM runs WHERE id = gone;
END $$;
CREATE TABLE copied.blobs (
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    put_at bigint NOT NULL,
    json text,
    bytes bytea,
    object text COLLATE pg_catalog."C",
    is_there boolean DEFAULT true NOT NULL,
    names text
);
CREATE TABLE copied.cached (
    key text NOT NULL COLLATE pg_catalog."C",
    until bigint,
    outcome text NOT NULL
);
CREATE TABLE copied.drivers (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    capacity integer,
    version text,
    draining boolean DEFAULT false NOT NULL
);
CREATE TABLE copied.items (
    run text NOT NULL COLLATE pg_catalog."C",
    item integer NOT NULL,
    status smallint NOT NULL,
    outcome text NOT NULL
);
CREATE TABLE copied.journal (
    run text NOT NULL COLLATE pg_catalog."C",
    part integer NOT NULL,
    seq integer NOT NULL,
    tx bigint NOT NULL,
    place integer NOT NULL,
    mark bigint NOT NULL,
    entries text NOT NULL
);
CREATE TABLE copied.log_sizes (
    run text NOT NULL COLLATE pg_catalog."C",
    bytes bigint NOT NULL,
    dropped integer NOT NULL
);
CREATE TABLE copied.logs (
    tx bigint NOT NULL,
    place integer NOT NULL,
    run text NOT NULL COLLATE pg_catalog."C",
    item integer,
    step text,
    level smallint NOT NULL,
    line text NOT NULL
);
CREATE TABLE copied.marks (
    name text NOT NULL COLLATE pg_catalog."C",
    value bigint NOT NULL,
    place integer DEFAULT 0 NOT NULL
);
CREATE SEQUENCE copied.record_versions
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE copied.records (
    collection text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    value text NOT NULL
);
CREATE TABLE copied.removed_objects (
    object text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE copied.runs (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    version integer NOT NULL,
    slot integer NOT NULL,
    flow text COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint,
    total integer NOT NULL,
    success integer NOT NULL,
    skipped integer NOT NULL,
    failed integer NOT NULL,
    cancelled integer NOT NULL,
    recovered integer NOT NULL,
    error text,
    facts text NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    trigger text NOT NULL COLLATE pg_catalog."C",
    flow_names text[] NOT NULL COLLATE pg_catalog."C",
    labels text[] NOT NULL COLLATE pg_catalog."C"
)
WITH (fillfactor='80');
ALTER TABLE copied.runs ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME copied.runs_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE copied.schema_version (
    version integer NOT NULL,
    oldest integer DEFAULT 1 NOT NULL
);
CREATE TABLE copied.shards (
    run text NOT NULL COLLATE pg_catalog."C",
    part integer NOT NULL,
    slot integer NOT NULL,
    rows integer NOT NULL,
    first integer NOT NULL,
    items integer NOT NULL,
    driver text COLLATE pg_catalog."C",
    is_open boolean NOT NULL,
    success integer NOT NULL,
    skipped integer NOT NULL,
    failed integer NOT NULL,
    cancelled integer NOT NULL,
    recovered integer NOT NULL,
    running integer NOT NULL,
    waiting integer NOT NULL,
    error_item integer,
    error text,
    shares integer,
    place integer
)
WITH (fillfactor='60');
CREATE TABLE copied.wakes (
    run text NOT NULL COLLATE pg_catalog."C",
    part integer NOT NULL,
    at bigint NOT NULL
);
INSERT INTO copied.blobs VALUES ('13c44d928b80c97353558a8a0376ef6ff8e4c2127ebdbdd493830827c5c5e0fc', 'json', 1750000000000, '{"name":"chain","steps":[{"id":"double","component":"/double","input":{"op":"input"}},{"id":"again","component":"/double","input":{"op":"step","step":0}},{"id":"$output","component":null,"input":{"op":"step","step":1},"hidden":true}],"entry":2,"exit":2,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('ba4322fc34fc150d6ac688b977e04a18086c6efd33f3cc4ee103eef71d5888db', 'json', 1750000000000, '{"name":"fails","steps":[{"id":"odd","component":"/fail-odd","input":{"op":"input"}},{"id":"then","component":"/double","input":{"op":"step","step":0}},{"id":"$output","component":null,"input":{"op":"step","step":1},"hidden":true}],"entry":2,"exit":2,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('382e76f6e77884c3ab53da1e58b0fed2d72a190e617ddadd2e4dddd4a0a6f60d', 'json', 1750000000000, '{"name":"loops","steps":[{"id":"each","component":"$core/map","input":{"op":"object","of":[["plan",{"op":"literal","value":{"name":"element","steps":[{"id":"double","component":"/double","input":{"op":"input","path":"item"}},{"id":"$output","component":null,"input":{"op":"step","step":0},"hidden":true}],"entry":1,"exit":1,"onFailure":"stop"}}],["items",{"op":"input"}]]}},{"id":"$output","component":null,"input":{"op":"step","step":0},"hidden":true}],"entry":1,"exit":1,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('bfa3adcf1fd71bcb5a3fad49b0ac0a7c44491fe8a891d348a13e523597b19ae8', 'json', 1750000000000, '{"name":"counts","entry":0,"exit":1,"onFailure":"stop","steps":[{"id":"more","component":"/more","input":{"op":"arrival"},"next":[{"on":"done","equals":4,"to":1},{"on":"done","to":0}]},{"id":"end","component":null,"input":{"op":"arrival"}}]}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('b9b1d13c0702e62fc20192bc135973ccbeca1cdc97523aaf362bee34f6f9b9e6', 'json', 1750000000000, '{"name":"large","steps":[{"id":"grow","component":"/grow","input":{"op":"input"}},{"id":"measure","component":"/measure","input":{"op":"step","step":0}},{"id":"$output","component":null,"input":{"op":"step","step":1},"hidden":true}],"entry":2,"exit":2,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('a7b143c94320444299006e431e8d25a49865e449f601e948fcb5e4ef9ca45ac7', 'json', 1750000000000, '"'||repeat('x',1100000)||'"', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('387d9b6cefb53da16b2340ea0256538c6069c875f599ab6cd92b061edb4337b8', 'json', 1750000000000, '{"name":"keeps","steps":[{"id":"kept","component":"/double","input":{"op":"input"},"cache":{}},{"id":"$output","component":null,"input":{"op":"step","step":0},"hidden":true}],"entry":1,"exit":1,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('23844748680148a6f39e58b5eb9104f75f43694d2312dd16c4006ad01f3f392c', 'json', 1750000000000, '{"name":"retries","steps":[{"id":"flaky","component":"/flaky","input":{"op":"input"},"retry":{"attempts":3,"delayMs":100,"backoff":"fixed","factor":1,"maxMs":100,"jitter":false}},{"id":"$output","component":null,"input":{"op":"step","step":0},"hidden":true}],"entry":1,"exit":1,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('2d255e4793bbe1b71c305f169329d6fb43b9cef0304b1ff150df0c3fe5937235', 'json', 1750000001200, '{"name":"sleeps","steps":[{"id":"later","component":"/later","input":{"op":"input"}},{"id":"$output","component":null,"input":{"op":"step","step":0},"hidden":true}],"entry":1,"exit":1,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('7eb88df1b22357600b58e8a3b6ea158aa57eaf32a5075118c452ddb6a0be3d87', 'json', 1750000001200, '{"name":"waits","steps":[{"id":"before","component":"/double","input":{"op":"input"}},{"id":"asks","component":"/ask","input":{"op":"step","step":0}},{"id":"$output","component":null,"input":{"op":"step","step":1},"hidden":true}],"entry":2,"exit":2,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.blobs VALUES ('4b3e0e6ed1ecf9ff9ee1fd7ddd5d3cbfaba96481c75761cfd8096cc3cead9e47', 'json', 1750000001200, '{"name":"hangs","steps":[{"id":"before","component":"/double","input":{"op":"input"}},{"id":"slow","component":"/hang","input":{"op":"step","step":0}},{"id":"$output","component":null,"input":{"op":"step","step":1},"hidden":true}],"entry":2,"exit":2,"onFailure":"stop"}', NULL, NULL, true, NULL);
INSERT INTO copied.cached VALUES ('35686b7897cdd4f579b0f4b477890633b1ca5991678811bc03bcb0cfa5cd20e4', NULL, '{"outcome":"success","result":2}');
INSERT INTO copied.items VALUES ('chain', 0, 3, '{"outcome":"success","result":4}');
INSERT INTO copied.items VALUES ('chain', 1, 3, '{"outcome":"success","result":8}');
INSERT INTO copied.items VALUES ('fails', 0, 5, '{"outcome":"failed","error":{"code":"COMPONENT_FAILED","message":"1 is odd","step":"odd"}}');
INSERT INTO copied.items VALUES ('fails', 1, 3, '{"outcome":"success","result":8}');
INSERT INTO copied.items VALUES ('loops', 0, 3, '{"outcome":"success","result":[2,4,6]}');
INSERT INTO copied.items VALUES ('counts', 0, 3, '{"outcome":"success","result":4}');
INSERT INTO copied.items VALUES ('large', 0, 3, '{"outcome":"success","result":[1100000,1]}');
INSERT INTO copied.items VALUES ('keeps', 0, 3, '{"outcome":"success","result":2}');
INSERT INTO copied.items VALUES ('stream', 0, 3, '{"outcome":"success","result":0}');
INSERT INTO copied.items VALUES ('stream', 1, 3, '{"outcome":"success","result":4}');
INSERT INTO copied.items VALUES ('stream', 2, 3, '{"outcome":"success","result":8}');
INSERT INTO copied.items VALUES ('stream', 3, 3, '{"outcome":"success","result":12}');
INSERT INTO copied.items VALUES ('stream', 4, 3, '{"outcome":"success","result":16}');
INSERT INTO copied.items VALUES ('stream', 5, 3, '{"outcome":"success","result":20}');
INSERT INTO copied.items VALUES ('stream', 6, 3, '{"outcome":"success","result":24}');
INSERT INTO copied.items VALUES ('stream', 7, 3, '{"outcome":"success","result":28}');
INSERT INTO copied.items VALUES ('stream', 8, 3, '{"outcome":"success","result":32}');
INSERT INTO copied.items VALUES ('stream', 9, 3, '{"outcome":"success","result":36}');
INSERT INTO copied.items VALUES ('stream', 10, 3, '{"outcome":"success","result":40}');
INSERT INTO copied.items VALUES ('stream', 11, 3, '{"outcome":"success","result":44}');
INSERT INTO copied.items VALUES ('stream', 12, 3, '{"outcome":"success","result":48}');
INSERT INTO copied.items VALUES ('stream', 13, 3, '{"outcome":"success","result":52}');
INSERT INTO copied.items VALUES ('stream', 14, 3, '{"outcome":"success","result":56}');
INSERT INTO copied.items VALUES ('stream', 15, 3, '{"outcome":"success","result":60}');
INSERT INTO copied.items VALUES ('stream', 16, 3, '{"outcome":"success","result":64}');
INSERT INTO copied.items VALUES ('stream', 17, 3, '{"outcome":"success","result":68}');
INSERT INTO copied.items VALUES ('stream', 18, 3, '{"outcome":"success","result":72}');
INSERT INTO copied.items VALUES ('stream', 19, 3, '{"outcome":"success","result":76}');
INSERT INTO copied.items VALUES ('stream', 20, 3, '{"outcome":"success","result":80}');
INSERT INTO copied.items VALUES ('stream', 21, 3, '{"outcome":"success","result":84}');
INSERT INTO copied.items VALUES ('stream', 22, 3, '{"outcome":"success","result":88}');
INSERT INTO copied.items VALUES ('stream', 23, 3, '{"outcome":"success","result":92}');
INSERT INTO copied.items VALUES ('stream', 24, 3, '{"outcome":"success","result":96}');
INSERT INTO copied.items VALUES ('stream', 25, 3, '{"outcome":"success","result":100}');
INSERT INTO copied.items VALUES ('stream', 26, 3, '{"outcome":"success","result":104}');
INSERT INTO copied.items VALUES ('stream', 27, 3, '{"outcome":"success","result":108}');
INSERT INTO copied.items VALUES ('stream', 28, 3, '{"outcome":"success","result":112}');
INSERT INTO copied.items VALUES ('stream', 29, 3, '{"outcome":"success","result":116}');
INSERT INTO copied.items VALUES ('stream', 30, 3, '{"outcome":"success","result":120}');
INSERT INTO copied.items VALUES ('stream', 31, 3, '{"outcome":"success","result":124}');
INSERT INTO copied.items VALUES ('stream', 32, 3, '{"outcome":"success","result":128}');
INSERT INTO copied.items VALUES ('stream', 33, 3, '{"outcome":"success","result":132}');
INSERT INTO copied.items VALUES ('stream', 34, 3, '{"outcome":"success","result":136}');
INSERT INTO copied.items VALUES ('stream', 35, 3, '{"outcome":"success","result":140}');
INSERT INTO copied.items VALUES ('stream', 36, 3, '{"outcome":"success","result":144}');
INSERT INTO copied.items VALUES ('stream', 37, 3, '{"outcome":"success","result":148}');
INSERT INTO copied.items VALUES ('stream', 38, 3, '{"outcome":"success","result":152}');
INSERT INTO copied.items VALUES ('stream', 39, 3, '{"outcome":"success","result":156}');
INSERT INTO copied.items VALUES ('stream', 40, 3, '{"outcome":"success","result":160}');
INSERT INTO copied.items VALUES ('stream', 41, 3, '{"outcome":"success","result":164}');
INSERT INTO copied.items VALUES ('stream', 42, 3, '{"outcome":"success","result":168}');
INSERT INTO copied.items VALUES ('stream', 43, 3, '{"outcome":"success","result":172}');
INSERT INTO copied.items VALUES ('stream', 44, 3, '{"outcome":"success","result":176}');
INSERT INTO copied.items VALUES ('stream', 45, 3, '{"outcome":"success","result":180}');
INSERT INTO copied.items VALUES ('stream', 46, 3, '{"outcome":"success","result":184}');
INSERT INTO copied.items VALUES ('stream', 47, 3, '{"outcome":"success","result":188}');
INSERT INTO copied.items VALUES ('stream', 48, 3, '{"outcome":"success","result":192}');
INSERT INTO copied.items VALUES ('stream', 49, 3, '{"outcome":"success","result":196}');
INSERT INTO copied.items VALUES ('stream', 50, 3, '{"outcome":"success","result":200}');
INSERT INTO copied.items VALUES ('stream', 51, 3, '{"outcome":"success","result":204}');
INSERT INTO copied.items VALUES ('stream', 52, 3, '{"outcome":"success","result":208}');
INSERT INTO copied.items VALUES ('stream', 53, 3, '{"outcome":"success","result":212}');
INSERT INTO copied.items VALUES ('stream', 54, 3, '{"outcome":"success","result":216}');
INSERT INTO copied.items VALUES ('stream', 55, 3, '{"outcome":"success","result":220}');
INSERT INTO copied.items VALUES ('stream', 56, 3, '{"outcome":"success","result":224}');
INSERT INTO copied.items VALUES ('stream', 57, 3, '{"outcome":"success","result":228}');
INSERT INTO copied.items VALUES ('stream', 58, 3, '{"outcome":"success","result":232}');
INSERT INTO copied.items VALUES ('stream', 59, 3, '{"outcome":"success","result":236}');
INSERT INTO copied.items VALUES ('retries', 0, 3, '{"outcome":"success","result":7}');
INSERT INTO copied.items VALUES ('waits', 0, 3, '{"outcome":"success","result":[2,"early"]}');
INSERT INTO copied.journal VALUES ('chain', 0, 0, 729, 0, 577390694629376, '[{"type":"created","at":1750000000000,"run":"chain","options":{"variables":{},"flow":"chain","labels":{"of":"copies"}},"from":0,"inputs":[1,2],"planId":"13c44d928b80c97353558a8a0376ef6ff8e4c2127ebdbdd493830827c5c5e0fc"},{"type":"sealed","at":1750000000000,"items":2},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":1,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('chain', 0, 1, 731, 0, 577390694629377, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":2}},{"type":"settled","at":1750000000000,"item":1,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"started","at":1750000000000,"attempt":1,"item":1,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('chain', 0, 2, 733, 0, 577390694629378, '[{"type":"settled","at":1750000000000,"item":1,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":8}},{"type":"settled","at":1750000000000,"item":0,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"finished","at":1750000000000,"item":0,"outcome":{"outcome":"success","result":4}},{"type":"finished","at":1750000000000,"item":1,"outcome":{"outcome":"success","result":8}}]');
INSERT INTO copied.journal VALUES ('fails', 0, 0, 735, 0, 577390694629379, '[{"type":"created","at":1750000000000,"run":"fails","options":{"variables":{},"flow":"fails","labels":{"of":"copies"}},"from":0,"inputs":[1,4],"planId":"ba4322fc34fc150d6ac688b977e04a18086c6efd33f3cc4ee103eef71d5888db"},{"type":"sealed","at":1750000000000,"items":2},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":1,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('fails', 0, 1, 737, 0, 577390694629380, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"failed","error":{"code":"COMPONENT_FAILED","message":"1 is odd","step":"odd"}}},{"type":"settled","at":1750000000000,"item":1,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"finished","at":1750000000000,"item":0,"outcome":{"outcome":"failed","error":{"code":"COMPONENT_FAILED","message":"1 is odd","step":"odd"}}},{"type":"started","at":1750000000000,"attempt":1,"item":1,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('fails', 0, 2, 739, 0, 577390694629381, '[{"type":"settled","at":1750000000000,"item":1,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":8}},{"type":"finished","at":1750000000000,"item":1,"outcome":{"outcome":"success","result":8}}]');
INSERT INTO copied.journal VALUES ('loops', 0, 0, 741, 0, 577390694629382, '[{"type":"created","at":1750000000000,"run":"loops","options":{"variables":{},"flow":"loops","labels":{"of":"copies"}},"from":0,"inputs":[[1,2,3]],"planId":"382e76f6e77884c3ab53da1e58b0fed2d72a190e617ddadd2e4dddd4a0a6f60d"},{"type":"sealed","at":1750000000000,"items":1},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"}]');
INSERT INTO copied.journal VALUES ('loops', 0, 1, 743, 0, 577390694629383, '[{"type":"opened","at":1750000000000,"attempt":1,"elements":3,"byStep":true,"item":0,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"sub":"0/0/1","item":0,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"sub":"0/0/1","item":1,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"sub":"0/0/1","item":2,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('loops', 0, 2, 745, 0, 577390694629384, '[{"type":"settled","at":1750000000000,"sub":"0/0/1","item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":2}},{"type":"settled","at":1750000000000,"sub":"0/0/1","item":1,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"settled","at":1750000000000,"sub":"0/0/1","item":2,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":6}},{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":[2,4,6]}},{"type":"finished","at":1750000000000,"item":0,"outcome":{"outcome":"success","result":[2,4,6]}}]');
INSERT INTO copied.journal VALUES ('counts', 0, 0, 747, 0, 577390694629385, '[{"type":"created","at":1750000000000,"run":"counts","options":{"variables":{},"flow":"counts","labels":{"of":"copies"}},"from":0,"inputs":[null],"planId":"bfa3adcf1fd71bcb5a3fad49b0ac0a7c44491fe8a891d348a13e523597b19ae8"},{"type":"sealed","at":1750000000000,"items":1},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('counts', 0, 1, 749, 0, 577390694629386, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":1}},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":2}]');
INSERT INTO copied.journal VALUES ('counts', 0, 2, 751, 0, 577390694629387, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":2,"attempt":1,"outcome":{"outcome":"success","result":2}},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":3}]');
INSERT INTO copied.journal VALUES ('counts', 0, 3, 752, 0, 577390694629388, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":3,"attempt":1,"outcome":{"outcome":"success","result":3}},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":4}]');
INSERT INTO copied.journal VALUES ('counts', 0, 4, 755, 0, 577390694629389, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":4,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"settled","at":1750000000000,"item":0,"step":1,"visit":1,"attempt":0,"outcome":{"outcome":"success","result":4},"derived":true},{"type":"finished","at":1750000000000,"item":0,"outcome":{"outcome":"success","result":4}}]');
INSERT INTO copied.journal VALUES ('large', 0, 0, 757, 0, 577390694629390, '[{"type":"created","at":1750000000000,"run":"large","options":{"variables":{},"flow":"large","labels":{"of":"copies"}},"from":0,"inputs":[1],"planId":"b9b1d13c0702e62fc20192bc135973ccbeca1cdc97523aaf362bee34f6f9b9e6"},{"type":"sealed","at":1750000000000,"items":1},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('large', 0, 1, 759, 0, 577390694629391, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":{"text":null,"x":1},"blobs":[[["text"],"a7b143c94320444299006e431e8d25a49865e449f601e948fcb5e4ef9ca45ac7"]]}},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('large', 0, 2, 761, 0, 577390694629392, '[{"type":"settled","at":1750000000000,"item":0,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":[1100000,1]}},{"type":"finished","at":1750000000000,"item":0,"outcome":{"outcome":"success","result":[1100000,1]}}]');
INSERT INTO copied.journal VALUES ('keeps', 0, 0, 763, 0, 577390694629393, '[{"type":"created","at":1750000000000,"run":"keeps","options":{"variables":{},"flow":"keeps","labels":{"of":"copies"}},"from":0,"inputs":[1],"planId":"387d9b6cefb53da16b2340ea0256538c6069c875f599ab6cd92b061edb4337b8"},{"type":"sealed","at":1750000000000,"items":1},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"}]');
INSERT INTO copied.journal VALUES ('keeps', 0, 1, 765, 0, 577390694629394, '[{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('keeps', 0, 2, 767, 0, 577390694629395, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":1,"attempt":1,"cache":{"key":"35686b7897cdd4f579b0f4b477890633b1ca5991678811bc03bcb0cfa5cd20e4"},"outcome":{"outcome":"success","result":2}},{"type":"finished","at":1750000000000,"item":0,"outcome":{"outcome":"success","result":2}}]');
INSERT INTO copied.journal VALUES ('stream', 0, 0, 769, 0, 577390694629396, '[{"type":"created","at":1750000000000,"run":"stream","options":{"variables":{},"flow":"chain"},"from":0,"inputs":[],"planId":"13c44d928b80c97353558a8a0376ef6ff8e4c2127ebdbdd493830827c5c5e0fc"}]');
INSERT INTO copied.journal VALUES ('stream', 1, 0, 771, 0, 577390694629397, '[{"type":"created","at":1750000000000,"run":"stream","from":0,"inputs":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":1,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":2,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":3,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":4,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":5,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":6,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":7,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":8,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":9,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":10,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":11,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":12,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":13,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":14,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":15,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('stream', 1, 1, 773, 0, 577390694629398, '[{"type":"settled","at":1750000000000,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":0}},{"type":"settled","at":1750000000000,"item":1,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":2}},{"type":"settled","at":1750000000000,"item":2,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"settled","at":1750000000000,"item":3,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":6}},{"type":"settled","at":1750000000000,"item":4,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":8}},{"type":"settled","at":1750000000000,"item":5,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":10}},{"type":"settled","at":1750000000000,"item":6,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":12}},{"type":"settled","at":1750000000000,"item":7,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":14}},{"type":"settled","at":1750000000000,"item":8,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":16}},{"type":"settled","at":1750000000000,"item":9,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":18}},{"type":"settled","at":1750000000000,"item":10,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":20}},{"type":"settled","at":1750000000000,"item":11,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":22}},{"type":"settled","at":1750000000000,"item":12,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":24}},{"type":"settled","at":1750000000000,"item":13,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":26}},{"type":"settled","at":1750000000000,"item":14,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":28}},{"type":"settled","at":1750000000000,"item":15,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":30}},{"type":"started","at":1750000000000,"attempt":1,"item":15,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":14,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":13,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":12,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":11,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":10,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":9,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":8,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":7,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":6,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":5,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":4,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":3,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":2,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":1,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('stream', 2, 0, 773, 1, 577390694629399, '[{"type":"created","at":1750000000000,"run":"stream","from":16,"inputs":[16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47]},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":16,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":17,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":18,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":19,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":20,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":21,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":22,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":23,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":24,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":25,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":26,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":27,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":28,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":29,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":30,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":31,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":32,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":33,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":34,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":35,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":36,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":37,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":38,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":39,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":40,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":41,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":42,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":43,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":44,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":45,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":46,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":47,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('stream', 1, 2, 775, 0, 577390694629400, '[{"type":"settled","at":1750000000000,"item":15,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":60}},{"type":"settled","at":1750000000000,"item":14,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":56}},{"type":"settled","at":1750000000000,"item":13,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":52}},{"type":"settled","at":1750000000000,"item":12,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":48}},{"type":"settled","at":1750000000000,"item":11,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":44}},{"type":"settled","at":1750000000000,"item":10,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":40}},{"type":"settled","at":1750000000000,"item":9,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":36}},{"type":"settled","at":1750000000000,"item":8,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":32}},{"type":"settled","at":1750000000000,"item":7,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":28}},{"type":"settled","at":1750000000000,"item":6,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":24}},{"type":"settled","at":1750000000000,"item":5,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":20}},{"type":"settled","at":1750000000000,"item":4,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":16}},{"type":"settled","at":1750000000000,"item":3,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":12}},{"type":"settled","at":1750000000000,"item":2,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":8}},{"type":"settled","at":1750000000000,"item":1,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"settled","at":1750000000000,"item":0,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":0}},{"type":"finished","at":1750000000000,"item":0,"outcome":{"outcome":"success","result":0}},{"type":"finished","at":1750000000000,"item":1,"outcome":{"outcome":"success","result":4}},{"type":"finished","at":1750000000000,"item":2,"outcome":{"outcome":"success","result":8}},{"type":"finished","at":1750000000000,"item":3,"outcome":{"outcome":"success","result":12}},{"type":"finished","at":1750000000000,"item":4,"outcome":{"outcome":"success","result":16}},{"type":"finished","at":1750000000000,"item":5,"outcome":{"outcome":"success","result":20}},{"type":"finished","at":1750000000000,"item":6,"outcome":{"outcome":"success","result":24}},{"type":"finished","at":1750000000000,"item":7,"outcome":{"outcome":"success","result":28}},{"type":"finished","at":1750000000000,"item":8,"outcome":{"outcome":"success","result":32}},{"type":"finished","at":1750000000000,"item":9,"outcome":{"outcome":"success","result":36}},{"type":"finished","at":1750000000000,"item":10,"outcome":{"outcome":"success","result":40}},{"type":"finished","at":1750000000000,"item":11,"outcome":{"outcome":"success","result":44}},{"type":"finished","at":1750000000000,"item":12,"outcome":{"outcome":"success","result":48}},{"type":"finished","at":1750000000000,"item":13,"outcome":{"outcome":"success","result":52}},{"type":"finished","at":1750000000000,"item":14,"outcome":{"outcome":"success","result":56}},{"type":"finished","at":1750000000000,"item":15,"outcome":{"outcome":"success","result":60}}]');
INSERT INTO copied.journal VALUES ('stream', 2, 1, 775, 1, 577390694629401, '[{"type":"settled","at":1750000000000,"item":16,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":32}},{"type":"settled","at":1750000000000,"item":17,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":34}},{"type":"settled","at":1750000000000,"item":18,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":36}},{"type":"settled","at":1750000000000,"item":19,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":38}},{"type":"settled","at":1750000000000,"item":20,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":40}},{"type":"settled","at":1750000000000,"item":21,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":42}},{"type":"settled","at":1750000000000,"item":22,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":44}},{"type":"settled","at":1750000000000,"item":23,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":46}},{"type":"settled","at":1750000000000,"item":24,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":48}},{"type":"settled","at":1750000000000,"item":25,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":50}},{"type":"settled","at":1750000000000,"item":26,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":52}},{"type":"settled","at":1750000000000,"item":27,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":54}},{"type":"settled","at":1750000000000,"item":28,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":56}},{"type":"settled","at":1750000000000,"item":29,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":58}},{"type":"settled","at":1750000000000,"item":30,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":60}},{"type":"settled","at":1750000000000,"item":31,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":62}},{"type":"settled","at":1750000000000,"item":32,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":64}},{"type":"settled","at":1750000000000,"item":33,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":66}},{"type":"settled","at":1750000000000,"item":34,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":68}},{"type":"settled","at":1750000000000,"item":35,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":70}},{"type":"settled","at":1750000000000,"item":36,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":72}},{"type":"settled","at":1750000000000,"item":37,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":74}},{"type":"settled","at":1750000000000,"item":38,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":76}},{"type":"settled","at":1750000000000,"item":39,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":78}},{"type":"settled","at":1750000000000,"item":40,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":80}},{"type":"settled","at":1750000000000,"item":41,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":82}},{"type":"settled","at":1750000000000,"item":42,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":84}},{"type":"settled","at":1750000000000,"item":43,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":86}},{"type":"settled","at":1750000000000,"item":44,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":88}},{"type":"settled","at":1750000000000,"item":45,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":90}},{"type":"settled","at":1750000000000,"item":46,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":92}},{"type":"settled","at":1750000000000,"item":47,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":94}},{"type":"started","at":1750000000000,"attempt":1,"item":47,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":46,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":45,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":44,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":43,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":42,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":41,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":40,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":39,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":38,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":37,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":36,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":35,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":34,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":33,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":32,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":31,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":30,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":29,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":28,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":27,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":26,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":25,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":24,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":23,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":22,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":21,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":20,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":19,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":18,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":17,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":16,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('stream', 3, 0, 775, 2, 577390694629402, '[{"type":"created","at":1750000000000,"run":"stream","from":48,"inputs":[48,49,50,51,52,53,54,55,56,57,58,59]},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":48,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":49,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":50,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":51,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":52,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":53,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":54,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":55,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":56,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":57,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":58,"step":0,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":59,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('stream', 2, 2, 777, 0, 577390694629403, '[{"type":"settled","at":1750000000000,"item":47,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":188}},{"type":"settled","at":1750000000000,"item":46,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":184}},{"type":"settled","at":1750000000000,"item":45,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":180}},{"type":"settled","at":1750000000000,"item":44,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":176}},{"type":"settled","at":1750000000000,"item":43,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":172}},{"type":"settled","at":1750000000000,"item":42,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":168}},{"type":"settled","at":1750000000000,"item":41,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":164}},{"type":"settled","at":1750000000000,"item":40,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":160}},{"type":"settled","at":1750000000000,"item":39,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":156}},{"type":"settled","at":1750000000000,"item":38,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":152}},{"type":"settled","at":1750000000000,"item":37,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":148}},{"type":"settled","at":1750000000000,"item":36,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":144}},{"type":"settled","at":1750000000000,"item":35,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":140}},{"type":"settled","at":1750000000000,"item":34,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":136}},{"type":"settled","at":1750000000000,"item":33,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":132}},{"type":"settled","at":1750000000000,"item":32,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":128}},{"type":"settled","at":1750000000000,"item":31,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":124}},{"type":"settled","at":1750000000000,"item":30,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":120}},{"type":"settled","at":1750000000000,"item":29,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":116}},{"type":"settled","at":1750000000000,"item":28,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":112}},{"type":"settled","at":1750000000000,"item":27,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":108}},{"type":"settled","at":1750000000000,"item":26,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":104}},{"type":"settled","at":1750000000000,"item":25,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":100}},{"type":"settled","at":1750000000000,"item":24,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":96}},{"type":"settled","at":1750000000000,"item":23,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":92}},{"type":"settled","at":1750000000000,"item":22,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":88}},{"type":"settled","at":1750000000000,"item":21,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":84}},{"type":"settled","at":1750000000000,"item":20,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":80}},{"type":"settled","at":1750000000000,"item":19,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":76}},{"type":"settled","at":1750000000000,"item":18,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":72}},{"type":"settled","at":1750000000000,"item":17,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":68}},{"type":"settled","at":1750000000000,"item":16,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":64}},{"type":"finished","at":1750000000000,"item":16,"outcome":{"outcome":"success","result":64}},{"type":"finished","at":1750000000000,"item":17,"outcome":{"outcome":"success","result":68}},{"type":"finished","at":1750000000000,"item":18,"outcome":{"outcome":"success","result":72}},{"type":"finished","at":1750000000000,"item":19,"outcome":{"outcome":"success","result":76}},{"type":"finished","at":1750000000000,"item":20,"outcome":{"outcome":"success","result":80}},{"type":"finished","at":1750000000000,"item":21,"outcome":{"outcome":"success","result":84}},{"type":"finished","at":1750000000000,"item":22,"outcome":{"outcome":"success","result":88}},{"type":"finished","at":1750000000000,"item":23,"outcome":{"outcome":"success","result":92}},{"type":"finished","at":1750000000000,"item":24,"outcome":{"outcome":"success","result":96}},{"type":"finished","at":1750000000000,"item":25,"outcome":{"outcome":"success","result":100}},{"type":"finished","at":1750000000000,"item":26,"outcome":{"outcome":"success","result":104}},{"type":"finished","at":1750000000000,"item":27,"outcome":{"outcome":"success","result":108}},{"type":"finished","at":1750000000000,"item":28,"outcome":{"outcome":"success","result":112}},{"type":"finished","at":1750000000000,"item":29,"outcome":{"outcome":"success","result":116}},{"type":"finished","at":1750000000000,"item":30,"outcome":{"outcome":"success","result":120}},{"type":"finished","at":1750000000000,"item":31,"outcome":{"outcome":"success","result":124}},{"type":"finished","at":1750000000000,"item":32,"outcome":{"outcome":"success","result":128}},{"type":"finished","at":1750000000000,"item":33,"outcome":{"outcome":"success","result":132}},{"type":"finished","at":1750000000000,"item":34,"outcome":{"outcome":"success","result":136}},{"type":"finished","at":1750000000000,"item":35,"outcome":{"outcome":"success","result":140}},{"type":"finished","at":1750000000000,"item":36,"outcome":{"outcome":"success","result":144}},{"type":"finished","at":1750000000000,"item":37,"outcome":{"outcome":"success","result":148}},{"type":"finished","at":1750000000000,"item":38,"outcome":{"outcome":"success","result":152}},{"type":"finished","at":1750000000000,"item":39,"outcome":{"outcome":"success","result":156}},{"type":"finished","at":1750000000000,"item":40,"outcome":{"outcome":"success","result":160}},{"type":"finished","at":1750000000000,"item":41,"outcome":{"outcome":"success","result":164}},{"type":"finished","at":1750000000000,"item":42,"outcome":{"outcome":"success","result":168}},{"type":"finished","at":1750000000000,"item":43,"outcome":{"outcome":"success","result":172}},{"type":"finished","at":1750000000000,"item":44,"outcome":{"outcome":"success","result":176}},{"type":"finished","at":1750000000000,"item":45,"outcome":{"outcome":"success","result":180}},{"type":"finished","at":1750000000000,"item":46,"outcome":{"outcome":"success","result":184}},{"type":"finished","at":1750000000000,"item":47,"outcome":{"outcome":"success","result":188}}]');
INSERT INTO copied.journal VALUES ('stream', 3, 1, 777, 1, 577390694629404, '[{"type":"settled","at":1750000000000,"item":48,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":96}},{"type":"settled","at":1750000000000,"item":49,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":98}},{"type":"settled","at":1750000000000,"item":50,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":100}},{"type":"settled","at":1750000000000,"item":51,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":102}},{"type":"settled","at":1750000000000,"item":52,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":104}},{"type":"settled","at":1750000000000,"item":53,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":106}},{"type":"settled","at":1750000000000,"item":54,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":108}},{"type":"settled","at":1750000000000,"item":55,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":110}},{"type":"settled","at":1750000000000,"item":56,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":112}},{"type":"settled","at":1750000000000,"item":57,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":114}},{"type":"settled","at":1750000000000,"item":58,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":116}},{"type":"settled","at":1750000000000,"item":59,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":118}},{"type":"started","at":1750000000000,"attempt":1,"item":59,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":58,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":57,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":56,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":55,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":54,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":53,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":52,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":51,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":50,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":49,"step":1,"visit":1},{"type":"started","at":1750000000000,"attempt":1,"item":48,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('stream', 0, 1, 777, 2, 577390694629405, '[{"type":"sealed","at":1750000000000,"items":60}]');
INSERT INTO copied.journal VALUES ('stream', 3, 2, 779, 0, 577390694629406, '[{"type":"settled","at":1750000000000,"item":59,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":236}},{"type":"settled","at":1750000000000,"item":58,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":232}},{"type":"settled","at":1750000000000,"item":57,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":228}},{"type":"settled","at":1750000000000,"item":56,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":224}},{"type":"settled","at":1750000000000,"item":55,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":220}},{"type":"settled","at":1750000000000,"item":54,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":216}},{"type":"settled","at":1750000000000,"item":53,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":212}},{"type":"settled","at":1750000000000,"item":52,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":208}},{"type":"settled","at":1750000000000,"item":51,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":204}},{"type":"settled","at":1750000000000,"item":50,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":200}},{"type":"settled","at":1750000000000,"item":49,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":196}},{"type":"settled","at":1750000000000,"item":48,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":192}},{"type":"finished","at":1750000000000,"item":48,"outcome":{"outcome":"success","result":192}},{"type":"finished","at":1750000000000,"item":49,"outcome":{"outcome":"success","result":196}},{"type":"finished","at":1750000000000,"item":50,"outcome":{"outcome":"success","result":200}},{"type":"finished","at":1750000000000,"item":51,"outcome":{"outcome":"success","result":204}},{"type":"finished","at":1750000000000,"item":52,"outcome":{"outcome":"success","result":208}},{"type":"finished","at":1750000000000,"item":53,"outcome":{"outcome":"success","result":212}},{"type":"finished","at":1750000000000,"item":54,"outcome":{"outcome":"success","result":216}},{"type":"finished","at":1750000000000,"item":55,"outcome":{"outcome":"success","result":220}},{"type":"finished","at":1750000000000,"item":56,"outcome":{"outcome":"success","result":224}},{"type":"finished","at":1750000000000,"item":57,"outcome":{"outcome":"success","result":228}},{"type":"finished","at":1750000000000,"item":58,"outcome":{"outcome":"success","result":232}},{"type":"finished","at":1750000000000,"item":59,"outcome":{"outcome":"success","result":236}}]');
INSERT INTO copied.journal VALUES ('retries', 0, 0, 781, 0, 577390694629407, '[{"type":"created","at":1750000000000,"run":"retries","options":{"variables":{},"flow":"retries","labels":{"of":"copies"}},"from":0,"inputs":[7],"planId":"23844748680148a6f39e58b5eb9104f75f43694d2312dd16c4006ad01f3f392c"},{"type":"sealed","at":1750000000000,"items":1},{"type":"claimed","at":1750000000000,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000000000,"attempt":1,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('retries', 0, 1, 783, 1, 577390694629408, '[{"type":"parked","at":1750000000000,"attempt":2,"until":1750000000100,"retry":{"step":1,"transport":0},"error":{"code":"COMPONENT_FAILED","message":"attempt 1"},"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('retries', 0, 2, 785, 0, 577390694629409, '[{"type":"started","at":1750000000200,"attempt":2,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('retries', 0, 3, 786, 1, 577390694629410, '[{"type":"parked","at":1750000000300,"attempt":3,"until":1750000000400,"retry":{"step":2,"transport":0},"error":{"code":"COMPONENT_FAILED","message":"attempt 2"},"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('retries', 0, 4, 789, 0, 577390694629411, '[{"type":"started","at":1750000000400,"attempt":3,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('retries', 0, 5, 790, 0, 577390694629412, '[{"type":"settled","at":1750000000500,"item":0,"step":0,"visit":1,"attempt":3,"outcome":{"outcome":"success","result":7}},{"type":"finished","at":1750000000500,"item":0,"outcome":{"outcome":"success","result":7}}]');
INSERT INTO copied.journal VALUES ('sleeps', 0, 0, 793, 0, 577390694629413, '[{"type":"created","at":1750000001200,"run":"sleeps","options":{"variables":{},"flow":"sleeps","labels":{"of":"copies"}},"from":0,"inputs":[1],"planId":"2d255e4793bbe1b71c305f169329d6fb43b9cef0304b1ff150df0c3fe5937235"},{"type":"sealed","at":1750000001200,"items":1},{"type":"claimed","at":1750000001200,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000001200,"attempt":1,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('sleeps', 0, 1, 795, 0, 577390694629414, '[{"type":"parked","at":1750000001200,"attempt":1,"until":1750003600000,"state":"slept","item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('waits', 0, 0, 795, 1, 577390694629415, '[{"type":"created","at":1750000001200,"run":"waits","options":{"variables":{},"flow":"waits","labels":{"of":"copies"}},"from":0,"inputs":[1,2],"planId":"7eb88df1b22357600b58e8a3b6ea158aa57eaf32a5075118c452ddb6a0be3d87"},{"type":"sealed","at":1750000001200,"items":2},{"type":"claimed","at":1750000001200,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000001200,"attempt":1,"item":0,"step":0,"visit":1},{"type":"started","at":1750000001200,"attempt":1,"item":1,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('waits', 0, 1, 797, 0, 577390694629416, '[{"type":"settled","at":1750000001200,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":2}},{"type":"settled","at":1750000001200,"item":1,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":4}},{"type":"started","at":1750000001200,"attempt":1,"item":1,"step":1,"visit":1},{"type":"started","at":1750000001200,"attempt":1,"item":0,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('waits', 0, 2, 797, 1, 577390694629417, '[{"type":"signalled","at":1750000001200,"name":"signal","signal":"answer","id":"first","item":0,"payload":"early"}]');
INSERT INTO copied.journal VALUES ('hangs', 0, 0, 799, 0, 577390694629419, '[{"type":"created","at":1750000001200,"run":"hangs","options":{"variables":{},"flow":"hangs","labels":{"of":"copies"}},"from":0,"inputs":[1],"planId":"4b3e0e6ed1ecf9ff9ee1fd7ddd5d3cbfaba96481c75761cfd8096cc3cead9e47"},{"type":"sealed","at":1750000001200,"items":1},{"type":"claimed","at":1750000001200,"driver":"gone-448-h543e7cc","mark":"i0000000","node":"gone"},{"type":"started","at":1750000001200,"attempt":1,"item":0,"step":0,"visit":1}]');
INSERT INTO copied.journal VALUES ('waits', 0, 3, 801, 0, 577390694629420, '[{"type":"parked","at":1750000001200,"attempt":1,"signal":"answer","state":{"asked":4},"item":1,"step":1,"visit":1},{"type":"parked","at":1750000001200,"attempt":1,"signal":"answer","state":{"asked":2},"item":0,"step":1,"visit":1},{"type":"started","at":1750000001200,"attempt":1,"woken":true,"item":0,"step":1,"visit":1}]');
INSERT INTO copied.journal VALUES ('waits', 0, 4, 803, 0, 577390694629422, '[{"type":"settled","at":1750000001200,"item":0,"step":1,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":[2,"early"]},"took":0},{"type":"finished","at":1750000001200,"item":0,"outcome":{"outcome":"success","result":[2,"early"]}}]');
INSERT INTO copied.journal VALUES ('hangs', 0, 1, 806, 0, 577390694629421, '[{"type":"settled","at":1750000001200,"item":0,"step":0,"visit":1,"attempt":1,"outcome":{"outcome":"success","result":2}},{"type":"started","at":1750000001200,"attempt":1,"item":0,"step":1,"visit":1}]');
INSERT INTO copied.log_sizes VALUES ('retries', 428, 0);
INSERT INTO copied.logs VALUES (783, 0, 'retries', 0, 'flaky', 2, '{"at":1750000000000,"level":"warning","message":"attempt 1 failed, next in 100 ms: attempt 1","data":{"event":"retry","item":0,"attempt":1,"delayMs":100},"item":0,"step":"flaky","visit":1,"attempt":1,"node":"gone"}');
INSERT INTO copied.logs VALUES (786, 0, 'retries', 0, 'flaky', 2, '{"at":1750000000300,"level":"warning","message":"attempt 2 failed, next in 100 ms: attempt 2","data":{"event":"retry","item":0,"attempt":2,"delayMs":100},"item":0,"step":"flaky","visit":1,"attempt":2,"node":"gone"}');
INSERT INTO copied.marks VALUES ('store', 555825568200, 0);
INSERT INTO copied.marks VALUES ('removed', -1, 0);
INSERT INTO copied.marks VALUES ('base', 0, 0);
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('chain', 1, 2, 0, 'chain', 'completed', 1750000000000, 1750000000000, 1750000000000, 2, 2, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"chain\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('fails', 2, 2, 0, 'fails', 'failed', 1750000000000, 1750000000000, 1750000000000, 2, 1, 0, 1, 0, 0, '{"item":0,"code":"COMPONENT_FAILED","message":"1 is odd","step":"odd"}', '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"fails\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('loops', 3, 2, 0, 'loops', 'completed', 1750000000000, 1750000000000, 1750000000000, 1, 1, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"loops\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('counts', 4, 2, 0, 'counts', 'completed', 1750000000000, 1750000000000, 1750000000000, 1, 1, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"counts\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('large', 5, 2, 0, 'large', 'completed', 1750000000000, 1750000000000, 1750000000000, 1, 1, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"large\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('keeps', 6, 2, 0, 'keeps', 'completed', 1750000000000, 1750000000000, 1750000000000, 1, 1, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"keeps\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('stream', 7, 5, 0, 'chain', 'completed', 1750000000000, 1750000000000, 1750000000000, 60, 60, 0, 0, 0, 0, NULL, '{}', 'run', 'api', '{"\"chain\""}', '{}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('retries', 8, 2, 0, 'retries', 'completed', 1750000000000, 1750000000000, 1750000000500, 1, 1, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"retries\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('sleeps', 9, 1, 0, 'sleeps', 'running', 1750000001200, 1750000001200, NULL, 1, 0, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"sleeps\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('waits', 10, 2, 1, 'waits', 'running', 1750000001200, 1750000001200, NULL, 2, 0, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"waits\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.runs OVERRIDING SYSTEM VALUE VALUES ('hangs', 11, 1, 0, 'hangs', 'running', 1750000001200, 1750000001200, NULL, 1, 0, 0, 0, 0, 0, NULL, '{"labels":{"of":"copies"}}', 'run', 'api', '{"\"hangs\""}', '{"[\"of\",\"copies\"]"}');
INSERT INTO copied.schema_version VALUES (4, 3);
INSERT INTO copied.shards VALUES ('waits', 0, 1, 5, 0, 2, 'gone-448-h543e7cc', true, 1, 0, 0, 0, 0, 0, 1, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('chain', 0, 0, 3, 0, 2, NULL, false, 2, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('hangs', 0, 0, 2, 0, 1, 'gone-448-h543e7cc', true, 0, 0, 0, 0, 0, 1, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('fails', 0, 0, 3, 0, 2, NULL, false, 1, 0, 1, 0, 0, 0, 0, 0, '{"item":0,"code":"COMPONENT_FAILED","message":"1 is odd","step":"odd"}', NULL, NULL);
INSERT INTO copied.shards VALUES ('loops', 0, 0, 3, 0, 1, NULL, false, 1, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('counts', 0, 0, 5, 0, 1, NULL, false, 1, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('large', 0, 0, 3, 0, 1, NULL, false, 1, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('keeps', 0, 0, 3, 0, 1, NULL, false, 1, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('stream', 1, 0, 3, 0, 16, NULL, false, 16, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('stream', 2, 1, 3, 16, 32, NULL, false, 32, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('stream', 0, 0, 2, 0, 0, NULL, false, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('stream', 3, 2, 3, 48, 12, NULL, false, 12, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('retries', 0, 0, 6, 0, 1, NULL, false, 1, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO copied.shards VALUES ('sleeps', 0, 0, 2, 0, 1, 'gone-448-h543e7cc', true, 0, 0, 0, 0, 0, 0, 1, NULL, NULL, NULL, NULL);
INSERT INTO copied.wakes VALUES ('waits', 0, 1750000001200);
SELECT pg_catalog.setval('copied.record_versions', 1, false);
SELECT pg_catalog.setval('copied.runs_number_seq', 11, true);
ALTER TABLE ONLY copied.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY copied.cached
    ADD CONSTRAINT cached_pkey PRIMARY KEY (key);
ALTER TABLE ONLY copied.drivers
    ADD CONSTRAINT drivers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY copied.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (run, item);
ALTER TABLE ONLY copied.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (run, part, seq);
ALTER TABLE ONLY copied.log_sizes
    ADD CONSTRAINT log_sizes_pkey PRIMARY KEY (run);
ALTER TABLE ONLY copied.logs
    ADD CONSTRAINT logs_pkey PRIMARY KEY (tx, place);
ALTER TABLE ONLY copied.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (name);
ALTER TABLE ONLY copied.records
    ADD CONSTRAINT records_pkey PRIMARY KEY (collection, key);
ALTER TABLE ONLY copied.removed_objects
    ADD CONSTRAINT removed_objects_pkey PRIMARY KEY (object);
ALTER TABLE ONLY copied.runs
    ADD CONSTRAINT runs_number_key UNIQUE (number);
ALTER TABLE ONLY copied.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY copied.shards
    ADD CONSTRAINT shards_pkey PRIMARY KEY (run, part);
ALTER TABLE ONLY copied.wakes
    ADD CONSTRAINT wakes_pkey PRIMARY KEY (run, part);
CREATE INDEX items_that_did_not_succeed ON copied.items USING btree (run, status, item) WHERE (status > 3);
CREATE UNIQUE INDEX journal_in_order ON copied.journal USING btree (tx, place);
CREATE INDEX logs_by_run ON copied.logs USING btree (run, tx, place);
CREATE INDEX open_shards ON copied.shards USING btree (driver) WHERE is_open;
CREATE INDEX runs_by_duration ON copied.runs USING btree (((ended_at - COALESCE(started_at, created_at))), number) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_end ON copied.runs USING btree (ended_at, number) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_flow ON copied.runs USING gin (flow_names);
CREATE INDEX runs_by_label ON copied.runs USING gin (labels) WHERE (labels <> '{}'::text[]);
CREATE INDEX runs_by_time ON copied.runs USING btree (created_at, number);
CREATE INDEX runs_that_went_wrong ON copied.runs USING btree (status, created_at, number) WHERE (status = ANY (ARRAY['failed'::text, 'cancelled'::text]));
CREATE INDEX runs_under_way ON copied.runs USING btree (number) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX shards_in_place ON copied.shards USING btree (run, place) WHERE (place IS NOT NULL);
CREATE INDEX wakes_by_time ON copied.wakes USING btree (at);
