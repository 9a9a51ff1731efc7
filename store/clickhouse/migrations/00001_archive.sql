-- One narrow row a post: what lists select and order by. region comes first: a
-- county's page reads that county's rows and no others. Rows of one post are the
-- same row; which of them is kept does not matter, so the first is.
CREATE TABLE IF NOT EXISTS posts (
  region    LowCardinality(String),
  published DateTime64(6, 'UTC')   CODEC(DoubleDelta, ZSTD(1)),
  id        String                 CODEC(ZSTD(1)),
  channel   LowCardinality(String),
  source    LowCardinality(String),
  category  LowCardinality(String),
  sentiment LowCardinality(String),
  risk      Float64                CODEC(ZSTD(1)),
  lead      LowCardinality(String), -- the unit proposed first
  flags     Array(LowCardinality(String)),
  parent    String                 CODEC(ZSTD(1)), -- the post that a comment or reply answers
  terms     String                 CODEC(ZSTD(3)), -- cut before they get here (see text.go)
  version   UInt64 DEFAULT 18446744073709551615 - toUInt64(toUnixTimestamp64Micro(now64(6))), -- the earlier the higher
  INDEX terms_text terms TYPE text(tokenizer = splitByString(['\x1f', '\x1e']))
) ENGINE = {{replacing "posts" "version"}}
PARTITION BY toYYYYMM(published)
ORDER BY (region, published, id)
SETTINGS {{deduplicating}}, min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

-- The post and its assessment, as JSON, found by ID: granules are small because
-- each look-up is for one row. It is written last: a post is stored when it is here.
CREATE TABLE IF NOT EXISTS docs (
  id        String               CODEC(ZSTD(1)),
  region    LowCardinality(String),
  published DateTime64(6, 'UTC') CODEC(ZSTD(1)),
  doc       String               CODEC(ZSTD(3)),
  version   UInt64 DEFAULT 18446744073709551615 - toUInt64(toUnixTimestamp64Micro(now64(6)))
) ENGINE = {{replacing "docs" "version"}}
PARTITION BY toYYYYMM(published)
ORDER BY id
SETTINGS {{deduplicating}}, index_granularity = 64;

-- What trends count, one row a post, kept when the post is purged: it holds
-- nothing personal, and next year's report compares with it.
CREATE TABLE IF NOT EXISTS tally (
  region   LowCardinality(String),
  hour     Int32 CODEC(Delta, ZSTD(1)), -- hours since 1970 UTC; Beijing's begin at the same instants
  channel  LowCardinality(String),
  post     UInt64,                      -- digest of the ID
  negative UInt8,
  risky    UInt8                        -- risk ≥ 60
) ENGINE = {{replacing "tally" ""}}
PARTITION BY intDiv(hour, 8766)
ORDER BY (region, hour, channel, post)
SETTINGS {{deduplicating}}, index_granularity = 1024;

-- Sums of the tally, made anew for each hour that gets a post. A tally only
-- grows, so of several sums for one hour the highest is the latest: whoever wrote
-- them, however often and in whatever order.
CREATE TABLE IF NOT EXISTS hourly (
  region   LowCardinality(String),
  hour     Int32 CODEC(Delta, ZSTD(1)),
  channel  LowCardinality(String),
  posts    SimpleAggregateFunction(max, UInt64),
  negative SimpleAggregateFunction(max, UInt64),
  risky    SimpleAggregateFunction(max, UInt64)
) ENGINE = {{aggregating "hourly"}}
PARTITION BY intDiv(hour, 8766)
ORDER BY (region, hour, channel);

-- How a post stood when its page was read again; the first reading is in docs.
CREATE TABLE IF NOT EXISTS versions (
  post    String CODEC(ZSTD(1)),
  n       UInt32, -- 1 is the first change
  doc     String CODEC(ZSTD(3)),
  version UInt64 DEFAULT 18446744073709551615 - toUInt64(toUnixTimestamp64Micro(now64(6)))
) ENGINE = {{replacing "versions" "version"}}
ORDER BY (post, n)
SETTINGS {{deduplicating}}, index_granularity = 64;
