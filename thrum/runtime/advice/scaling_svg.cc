#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "thrum/runtime/advice/scaling.h"

namespace thrum {
namespace {

constexpr double width = 760, height = 520, left = 70, right = 30, top = 60, bottom = 70;

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else if (static_cast<unsigned char>(c) >= ' ') {
      safe += c;
    }
  }
  return safe;
}

/// Workers to the right, speed-up upwards, both from 0 to `end`.
class Axes {
 public:
  explicit Axes(double end) : end_(end) {}

  double x(double workers) const { return left + (width - left - right) * workers / end_; }
  double y(double speed_up) const { return height - bottom - (height - top - bottom) * speed_up / end_; }
  double end() const { return end_; }
  /// 1, 2 or 5 times a power of ten: at most ten of them.
  double step() const {
    const double power = std::pow(10, std::floor(std::log10(end_ / 10)));
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (end_ / (factor * power) <= 10) return std::max(1.0, factor * power);
    }
    return std::max(1.0, 10 * power);
  }

 private:
  double end_;
};

std::string label(double x, double y, std::string_view anchor, std::string_view text, std::string_view more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more,
                     escaped(text));
}

std::string line(double x1, double y1, double x2, double y2, std::string_view style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2, y2, style);
}

std::string grid(const Axes& axes) {
  constexpr std::string_view faint = "stroke=\"#dddddd\"";
  std::string text;
  for (double tick = 0; tick <= axes.end() + 1e-9; tick += axes.step()) {
    text += line(axes.x(tick), axes.y(0), axes.x(tick), axes.y(axes.end()), faint);
    text += line(axes.x(0), axes.y(tick), axes.x(axes.end()), axes.y(tick), faint);
    text += label(axes.x(tick), axes.y(0) + 22, "middle", fmt::format("{:g}", tick));
    text += label(axes.x(0) - 10, axes.y(tick) + 5, "end", fmt::format("{:g}", tick));
  }
  text += label(axes.x(axes.end() / 2), height - 20, "middle", "workers");
  const double middle = axes.y(axes.end() / 2);
  return text + label(22, middle, "middle", "speed-up", fmt::format(" transform=\"rotate(-90 22 {:.1f})\"", middle));
}

std::string law_curve(const Axes& axes, const ScalingLaw& law, std::string_view style) {
  constexpr int steps = 100;
  std::string points;
  for (int i = 0; i <= steps; ++i) {
    const double workers = 1 + (axes.end() - 1) * i / steps;
    points += fmt::format("{:.1f},{:.1f} ", axes.x(workers), axes.y(std::min(law.speed_up(workers), axes.end())));
  }
  return fmt::format("<polyline fill=\"none\" points=\"{}\" {}/>\n", points, style);
}

std::string measured_points(const Axes& axes, const ScalingCurve& curve) {
  std::string text;
  for (const ScalingPoint& point : curve.points) {
    text += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"#c0392b\"><title>{} workers: {:.2f}</title></circle>\n",
        axes.x(point.workers), axes.y(point.speed_up), point.workers, point.speed_up);
  }
  return text;
}

struct Key {
  std::string style, text;
};

std::string legend(const std::vector<Key>& keys) {
  std::string text;
  double y = top + 20;
  for (const Key& key : keys) {
    text += line(left + 20, y - 5, left + 55, y - 5, key.style) + label(left + 65, y, "start", key.text);
    y += 24;
  }
  return text;
}

}  // namespace

std::string scaling_svg(const ScalingCurve& curve, std::string_view title) {
  double end = 2;
  for (const ScalingPoint& point : curve.points) end = std::max({end, 1.0 * point.workers, point.speed_up});
  const Axes axes(std::ceil(end));
  const std::string ideal = "stroke=\"#888888\" stroke-width=\"1.5\" stroke-dasharray=\"3 4\"";
  const std::string amdahl = "stroke=\"#2874a6\" stroke-width=\"2.5\"";
  const std::string universal = "stroke=\"#1e8449\" stroke-width=\"2.5\" stroke-dasharray=\"9 5\"";
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"sans-serif\" font-size=\"16\" fill=\"#222222\">\n<rect width=\"{0}\" height=\"{1}\" "
      "fill=\"#ffffff\"/>\n",
      width, height);
  text += label(width / 2, 32, "middle", title, " font-size=\"20\"") + grid(axes);
  text += line(axes.x(0), axes.y(0), axes.x(axes.end()), axes.y(axes.end()), ideal);
  text += law_curve(axes, curve.amdahl, amdahl) + law_curve(axes, curve.universal, universal);
  text += measured_points(axes, curve);
  text += legend({{ideal, "ideal"},
                  {amdahl, fmt::format("Amdahl, {:.1f} % serial", 100 * curve.serial_share())},
                  {universal, fmt::format("universal law, sigma {:.3f}, kappa {:.4f}", curve.universal.sigma,
                                          curve.universal.kappa)},
                  {"stroke=\"#c0392b\" stroke-width=\"8\"", "measured"}});
  return text + "</svg>\n";
}

}  // namespace thrum
