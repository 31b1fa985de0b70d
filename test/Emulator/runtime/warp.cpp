//===- warp.cpp - Instructions of one warp ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Instructions of one warp: its lanes meet, the last one works for all.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"

using namespace ptx;

static bool complete(const Warp &warp, uint32_t mask) {
  uint32_t needed = mask & warp.live;
  if ((warp.arrived & needed) != needed)
    return false;
  for (int i = 0; i < 32; ++i)
    if (needed >> i & 1 && warp.arrivals[i].mask != mask)
      return false;
  return true;
}

namespace {
struct Meeting {
  bool aligned;
  void *data;
  void (*act)(Thread &, int, uint32_t, void **);
};
} // namespace

static void finish(Thread &t, Warp &warp, uint32_t mask) {
  uint32_t lanes = mask & warp.live;
  const Warp::Arrival &first = warp.arrivals[__builtin_ctz(lanes)];
  Meeting meeting = *static_cast<Meeting *>(first.data);
  void *data[32] = {};
  for (int i = 0; i < 32; ++i) {
    if (!(lanes >> i & 1))
      continue;
    const Warp::Arrival &other = warp.arrivals[i];
    if (other.what != first.what)
      fail(t, other.line,
           "lane %d of warp %u is at this %s, lane %d at the %s of line %d", i,
           warp.number, other.what, __builtin_ctz(lanes), first.what,
           first.line);
    if (meeting.aligned && other.line != first.line)
      fail(t, other.line,
           "%s is .aligned, but lane %d of warp %u is at line %d", other.what,
           __builtin_ctz(lanes), warp.number, first.line);
    data[i] = static_cast<Meeting *>(other.data)->data;
  }
  warp.arrived &= ~lanes;
  if (meeting.act)
    meeting.act(t, first.line, lanes, data);
  for (int i = 0; i < 32; ++i)
    if (lanes >> i & 1 && warp.lanes[i]->standing == Standing::Warp)
      wake(*warp.lanes[i]);
}

void ptx::meet(Thread &t, int line, uint32_t mask, const char *what,
               bool aligned, void *data,
               void (*act)(Thread &, int, uint32_t, void **)) {
  Warp &warp = *t.warp;
  if (!(mask >> t.lane & 1))
    fail(t, line, "lane %u runs %s, but is not in its mask 0x%08x", t.lane,
         what, mask);
  Meeting meeting{aligned, data, act};
  t.line = line;
  warp.arrivals[t.lane] = {what, line, mask, &meeting};
  warp.arrived |= 1u << t.lane;
  if (!complete(warp, mask)) {
    waitFor(t, line, Standing::Warp, what);
    return;
  }
  finish(t, warp, mask);
  if (nextRandom(32) == 0)
    giveWay(t, line);
}

void ptx::warpAfterExit(Thread &t) {
  Warp &warp = *t.warp;
  for (int i = 0; i < 32; ++i)
    if (warp.arrived >> i & 1 && complete(warp, warp.arrivals[i].mask))
      finish(t, warp, warp.arrivals[i].mask);
}

void ptx::warpBarrier(Thread &t, int line, uint32_t mask) {
  meet(t, line, mask, "bar.warp.sync", false, static_cast<void *>(nullptr),
       static_cast<void (*)(Thread &, int, uint32_t, void **)>(nullptr));
}

namespace {
struct ShuffleData {
  Shuffle mode;
  uint32_t value, by, clamp;
  uint32_t result;
  bool inRange;
};
void shuffleAll(Thread &t, int line, uint32_t lanes, ShuffleData **data) {
  for (uint32_t lane = 0; lane < 32; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    ShuffleData &d = *data[lane];
    uint32_t by = d.by & 31, clamp = d.clamp & 31, segment = d.clamp >> 8 & 31;
    uint32_t last = (lane & segment) | (clamp & ~segment);
    uint32_t first = lane & segment;
    int from = 0;
    switch (d.mode) {
    case Shuffle::Up:
      from = int(lane) - int(by);
      d.inRange = from >= int(last);
      break;
    case Shuffle::Down:
      from = int(lane + by);
      d.inRange = from <= int(last);
      break;
    case Shuffle::Butterfly:
      from = int(lane ^ by);
      d.inRange = from <= int(last);
      break;
    case Shuffle::Index:
      from = int(first | (by & ~segment));
      d.inRange = from <= int(last);
      break;
    }
    if (!d.inRange)
      from = int(lane);
    if (!(lanes >> from & 1))
      fail(*t.warp->lanes[lane], line,
           "lane %u reads lane %d, which does not take part in the shuffle",
           lane, from);
    d.result = data[from]->value;
  }
}
} // namespace

uint32_t ptx::shuffle(Thread &t, int line, Shuffle mode, uint32_t value,
                      uint32_t by, uint32_t clamp, uint32_t mask,
                      bool &inRange) {
  ShuffleData data{mode, value, by, clamp, 0, false};
  meet(t, line, mask, "shfl.sync", false, data, shuffleAll);
  inRange = data.inRange;
  return data.result;
}

namespace {
struct VoteData {
  Vote mode;
  bool value;
  uint32_t result;
};
void voteAll(Thread &, int, uint32_t lanes, VoteData **data) {
  uint32_t ballot = 0;
  for (int i = 0; i < 32; ++i)
    if (lanes >> i & 1 && data[i]->value)
      ballot |= 1u << i;
  for (int i = 0; i < 32; ++i) {
    if (!(lanes >> i & 1))
      continue;
    switch (data[i]->mode) {
    case Vote::All: data[i]->result = ballot == lanes; break;
    case Vote::Any: data[i]->result = ballot != 0; break;
    case Vote::Uniform:
      data[i]->result = ballot == 0 || ballot == lanes;
      break;
    case Vote::Ballot: data[i]->result = ballot; break;
    }
  }
}
} // namespace

uint32_t ptx::vote(Thread &t, int line, Vote mode, bool value, uint32_t mask) {
  VoteData data{mode, value, 0};
  meet(t, line, mask, "vote.sync", false, data, voteAll);
  return data.result;
}

namespace {
struct MatchData {
  uint64_t value;
  uint32_t result;
  bool same;
};
void matchLanes(Thread &, int, uint32_t lanes, MatchData **data) {
  for (int i = 0; i < 32; ++i) {
    if (!(lanes >> i & 1))
      continue;
    for (int j = 0; j < 32; ++j)
      if (lanes >> j & 1 && data[j]->value == data[i]->value)
        data[i]->result |= 1u << j;
    data[i]->same = data[i]->result == lanes;
  }
}
} // namespace

uint32_t ptx::matchAny(Thread &t, int line, uint64_t value, uint32_t mask) {
  MatchData data{value, 0, false};
  meet(t, line, mask, "match.any.sync", false, data, matchLanes);
  return data.result;
}
uint32_t ptx::matchAll(Thread &t, int line, uint64_t value, uint32_t mask,
                       bool &same) {
  MatchData data{value, 0, false};
  meet(t, line, mask, "match.all.sync", false, data, matchLanes);
  same = data.same;
  return data.same ? data.result : 0;
}

namespace {
struct ReduceData {
  Reduce mode;
  uint32_t value, result;
};
uint32_t reduceTwo(Reduce mode, uint32_t a, uint32_t b) {
  switch (mode) {
  case Reduce::Add: return a + b;
  case Reduce::Min: return a < b ? a : b;
  case Reduce::Max: return a > b ? a : b;
  case Reduce::MinSigned: return int32_t(a) < int32_t(b) ? a : b;
  case Reduce::MaxSigned: return int32_t(a) > int32_t(b) ? a : b;
  case Reduce::And: return a & b;
  case Reduce::Or: return a | b;
  case Reduce::Xor: return a ^ b;
  }
  return 0;
}
void reduceLanes(Thread &, int, uint32_t lanes, ReduceData **data) {
  int first = __builtin_ctz(lanes);
  uint32_t all = data[first]->value;
  for (int i = first + 1; i < 32; ++i)
    if (lanes >> i & 1)
      all = reduceTwo(data[i]->mode, all, data[i]->value);
  for (int i = 0; i < 32; ++i)
    if (lanes >> i & 1)
      data[i]->result = all;
}
} // namespace

uint32_t ptx::reduceWarp(Thread &t, int line, Reduce mode, uint32_t value,
                         uint32_t mask) {
  ReduceData data{mode, value, 0};
  meet(t, line, mask, "redux.sync", false, data, reduceLanes);
  return data.result;
}

namespace {
struct ElectData {
  uint32_t mask, leader;
};
void electLane(Thread &, int, uint32_t lanes, ElectData **data) {
  // Any lane, but always the same one of a mask. Hardware takes the lowest;
  // code must not rely on it.
  uint32_t nth = (machine.electSeed + lanes) % __builtin_popcount(lanes);
  uint32_t left = lanes;
  while (nth--)
    left &= left - 1;
  for (int i = 0; i < 32; ++i)
    if (lanes >> i & 1)
      data[i]->leader = __builtin_ctz(left);
}
} // namespace

uint32_t ptx::elect(Thread &t, int line, uint32_t mask, bool &elected) {
  ElectData data{mask, 0};
  meet(t, line, mask, "elect.sync", true, data, electLane);
  elected = data.leader == t.lane;
  return data.leader;
}
