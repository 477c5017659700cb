#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/printable.h"
#include "thrum/model/tree/tree_text.h"
#include "thrum/model/tree/tree_writing_internal.h"

namespace thrum {
namespace {

/// A box of the picture.
struct Box {
  std::vector<std::string> lines;
  bool is_leaf;
  std::size_t depth;
  double x = 0;  ///< its middle, in boxes
  std::size_t children[2] = {0, 0};
};

/// Characters that a box has room for.
constexpr std::size_t longest_line = 28;

/// The boxes of a tree, parents before children; leaves and what is cut off stand side by side.
class Boxes {
 public:
  Boxes(const TreeModel& model, const Tree& tree, std::size_t max_depth) : model_(model), tree_(tree) {
    std::vector<Open> open = {{tree.nodes.empty() ? ~0 : 0, 0, 0, 0}};
    while (!open.empty()) {
      const Open next = open.back();
      open.pop_back();
      const std::size_t box = boxes_.size();
      boxes_.push_back(box_of(next.child, next.depth, max_depth));
      if (box > 0) boxes_[next.parent].children[next.side] = box;
      if (boxes_[box].is_leaf) {
        boxes_[box].x = static_cast<double>(width_++);
        continue;
      }
      const TreeNode& node = tree.nodes[static_cast<std::size_t>(next.child)];
      open.push_back({node.right, next.depth + 1, box, 1});
      open.push_back({node.left, next.depth + 1, box, 0});
    }
    for (std::size_t i = boxes_.size(); i-- > 0;) {
      height_ = std::max(height_, boxes_[i].depth + 1);
      if (!boxes_[i].is_leaf) boxes_[i].x = (boxes_[boxes_[i].children[0]].x + boxes_[boxes_[i].children[1]].x) / 2;
    }
  }

  const std::vector<Box>& all() const { return boxes_; }
  std::size_t width() const { return width_; }
  std::size_t height() const { return height_; }

 private:
  struct Open {
    std::int32_t child;
    std::size_t depth;
    std::size_t parent;
    std::size_t side;
  };

  Box box_of(std::int32_t child, std::size_t depth, std::size_t max_depth) const {
    if (child < 0) {
      const auto leaf = ~static_cast<std::size_t>(child);
      return {{printable(leaf_text(tree_, leaf, model_.ensemble().leaf_width, model_.schema()), longest_line),
               fmt::format("{:g} rows", tree_.leaf_weights[leaf])},
              true,
              depth};
    }
    const TreeNode& node = tree_.nodes[static_cast<std::size_t>(child)];
    const std::string rows = fmt::format("{:g} rows", node.weight);
    if (depth == max_depth) return {{"...", rows}, true, depth};
    return {{printable(question_text(node, tree_, model_.schema()), longest_line), rows}, false, depth};
  }

  const TreeModel& model_;
  const Tree& tree_;
  std::vector<Box> boxes_;
  std::size_t width_ = 0;
  std::size_t height_ = 0;
};

std::string escaped_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string escaped_dot(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Of a box and of the grid that the boxes stand in, in points.
constexpr double box_width = 190;
constexpr double box_height = 40;
constexpr double column = 204;
constexpr double row = 84;
constexpr double margin = 20;
constexpr double title = 24;

double left_of(const Box& box) {
  return margin + box.x * column;
}
double top_of(const Box& box) {
  return margin + title + static_cast<double>(box.depth) * row;
}

std::string edge_svg(const Box& parent, const Box& child, std::string_view answer) {
  const double x1 = left_of(parent) + box_width / 2;
  const double y1 = top_of(parent) + box_height;
  const double x2 = left_of(child) + box_width / 2;
  const double y2 = top_of(child);
  return fmt::format("<path d=\"M{0:g} {1:g} C{0:g} {4:g} {2:g} {4:g} {2:g} {3:g}\"/>\n", x1, y1, x2, y2,
                     (y1 + y2) / 2) +
         fmt::format("<text class=\"answer\" x=\"{:g}\" y=\"{:g}\">{}</text>\n", (x1 + x2) / 2, (y1 + y2) / 2 - 3,
                     answer);
}

std::string box_svg(const Box& box) {
  std::string svg = fmt::format("<rect class=\"{}\" x=\"{:g}\" y=\"{:g}\" width=\"{:g}\" height=\"{:g}\" rx=\"6\"/>\n",
                                box.is_leaf ? "leaf" : "node", left_of(box), top_of(box), box_width, box_height);
  const double x = left_of(box) + box_width / 2;
  svg += fmt::format("<text x=\"{:g}\" y=\"{:g}\">{}</text>\n", x, top_of(box) + 17, escaped_xml(box.lines[0]));
  return svg + fmt::format("<text class=\"rows\" x=\"{:g}\" y=\"{:g}\">{}</text>\n", x, top_of(box) + 32,
                           escaped_xml(box.lines[1]));
}

}  // namespace

std::string tree_dot(const TreeModel& model, std::size_t index, const TreeWriting& writing) {
  const Boxes boxes(model, checked_tree(model, index), writing.max_depth);
  std::string dot = fmt::format("digraph tree {{\n  label=\"{}\"; labelloc=t; fontname=\"sans-serif\";\n",
                                escaped_dot(tree_title(model, index)));
  dot += "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3fa\", fontname=\"sans-serif\"];\n";
  for (std::size_t i = 0; i < boxes.all().size(); ++i) {
    const Box& box = boxes.all()[i];
    dot += fmt::format("  n{} [label=\"{}\\n{}\"{}];\n", i, escaped_dot(box.lines[0]), escaped_dot(box.lines[1]),
                       box.is_leaf ? ", fillcolor=\"#eaf5ea\"" : "");
    if (box.is_leaf) continue;
    dot += fmt::format("  n{} -> n{} [label=\"yes\"];\n  n{} -> n{} [label=\"no\"];\n", i, box.children[0], i,
                       box.children[1]);
  }
  return dot + "}\n";
}

std::string tree_svg(const TreeModel& model, std::size_t index, const TreeWriting& writing) {
  const Boxes boxes(model, checked_tree(model, index), writing.max_depth);
  const double width = 2 * margin + static_cast<double>(boxes.width() - 1) * column + box_width;
  const double height = 2 * margin + title + static_cast<double>(boxes.height() - 1) * row + box_height;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} {1:g}\">\n",
      width, height);
  svg +=
      "<style>text{font:12px sans-serif;text-anchor:middle;fill:#1b2733}.rows{fill:#5a6b7b;font-size:11px}"
      ".answer{fill:#5a6b7b;font-size:10px}.title{font-weight:bold;text-anchor:start}path{fill:none;stroke:#9fb0c0}"
      ".node{fill:#eef3fa;stroke:#6f8fb5}.leaf{fill:#eaf5ea;stroke:#7fa886}</style>\n";
  svg += fmt::format("<rect width=\"{:g}\" height=\"{:g}\" fill=\"#fff\"/>\n", width, height);
  svg += fmt::format("<text class=\"title\" x=\"{:g}\" y=\"{:g}\">{}</text>\n", margin, margin + 8,
                     escaped_xml(tree_title(model, index)));
  for (const Box& box : boxes.all()) {
    if (box.is_leaf) continue;
    svg += edge_svg(box, boxes.all()[box.children[0]], "yes") + edge_svg(box, boxes.all()[box.children[1]], "no");
  }
  for (const Box& box : boxes.all()) svg += box_svg(box);
  return svg + "</svg>\n";
}

}  // namespace thrum
