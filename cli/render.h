// The cluster's view as text: one screen, plain lines, or JSON. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/cluster_view.h"

namespace onggi {

enum class Colour { kPlain, kAnsi };

// A screen: the master, a table of nodes, a table of sentinels.
std::string render_screen(const ClusterView& view, Colour colour);

// The live view's lines: that screen with the time before it, and the newest of the events (the oldest first) that
// there is room for. What is told in words is folded, what is in columns is cut.
struct ScreenSize {
  size_t rows = 24;
  size_t columns = 80;
};
std::vector<std::string> render_live(const ClusterView& view, const std::string& time,
                                     const std::vector<std::string>& events, ScreenSize size);

// A line for each process, for a pipe: "node 127.0.0.1:7001 role=master state=writable epoch=3 offset=12 ...".
std::string render_lines(const ClusterView& view);

// One line, one object: {"name", "ready", "why_not_ready", "master", "nodes": [...], "sentinels": [...]}.
std::string render_json(const ClusterView& view);

}  // namespace onggi
