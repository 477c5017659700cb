#include <array>
#include <cmath>
#include <numbers>

#include "thrum/data/row_generator_internal.h"

namespace thrum {
namespace {

constexpr int decimals = 6;
constexpr double phi_limit = 1.743;  // angles are scaled to unit variance: the range of a uniform one is ±sqrt(3)

/// A massless particle. Its angle `phi` is in the unit of the file.
struct Particle {
  double pt, eta, phi;
};

struct FourMomentum {
  double e = 0, x = 0, y = 0, z = 0;

  FourMomentum operator+(const FourMomentum& o) const { return {e + o.e, x + o.x, y + o.y, z + o.z}; }
  double mass() const { return std::sqrt(std::max(0.0, e * e - x * x - y * y - z * z)); }
};

FourMomentum momentum(const Particle& p) {
  const double angle = p.phi * std::numbers::pi / phi_limit;
  const double up = std::exp(p.eta);
  return {p.pt * 0.5 * (up + 1 / up), p.pt * std::cos(angle), p.pt * std::sin(angle), p.pt * 0.5 * (up - 1 / up)};
}

Particle draw_particle(RowDraws& draws, double log_pt, double spread) {
  const double pt = std::exp(log_pt + spread * draws.normal());
  const double eta = draws.normal();
  return {pt, eta, draws.uniform(-phi_limit, phi_limit)};
}

/// No tag in half of the jets, else a weak or a strong one, each in a quarter.
double draw_b_tag(RowDraws& draws, double strong) {
  const double u = draws.uniform();
  return u < 0.5 ? 0 : u < 0.75 ? 0.5 * strong : strong;
}

double bump(double mass, double centre, double width) {
  const double distance = (mass - centre) / width;
  return std::exp(-0.5 * distance * distance);
}

class HiggsLike final : public RowGenerator {
 public:
  explicit HiggsLike(std::uint64_t seed) : random_(seed, 0x6869676773) {
    columns_ = {{"label"}};
    for (const char* name : {"lepton_pt",  "lepton_eta", "lepton_phi", "missing_energy", "missing_energy_phi",
                             "jet1_pt",    "jet1_eta",   "jet1_phi",   "jet1_b_tag",     "jet2_pt",
                             "jet2_eta",   "jet2_phi",   "jet2_b_tag", "jet3_pt",        "jet3_eta",
                             "jet3_phi",   "jet3_b_tag", "jet4_pt",    "jet4_eta",       "jet4_phi",
                             "jet4_b_tag", "m_jj",       "m_jjj",      "m_lv",           "m_jlv",
                             "m_bb",       "m_wbb",      "m_wwbb"}) {
      columns_.push_back({name, decimals});
    }
  }

  std::span<const GeneratedColumn> columns() const override { return columns_; }

  void fill_row(std::uint64_t row, std::span<std::int64_t> values) const override {
    RowDraws draws(random_, row);
    std::size_t next = 1;
    const auto put = [&](double value) { values[next++] = fixed_point(value, decimals); };

    const Particle lepton = draw_particle(draws, -0.2, 0.5);
    const Particle neutrino{std::exp(-0.2 + 0.55 * draws.normal()), 0, draws.uniform(-phi_limit, phi_limit)};
    for (const double value : {lepton.pt, lepton.eta, lepton.phi, neutrino.pt, neutrino.phi}) put(value);

    std::array<FourMomentum, 4> jets;
    double tags = 0;
    for (std::size_t j = 0; j < jets.size(); ++j) {
      const Particle jet = draw_particle(draws, -0.1, 0.45);
      const double tag = draw_b_tag(draws, strong_tags[j]);
      for (const double value : {jet.pt, jet.eta, jet.phi, tag}) put(value);
      jets[j] = momentum(jet);
      tags += tag / strong_tags[j];
    }

    const FourMomentum lepton_neutrino = momentum(lepton) + momentum(neutrino);
    const FourMomentum light = jets[0] + jets[1];
    const FourMomentum bottom = jets[2] + jets[3];
    const double m_jj = light.mass() / mean_masses[0];
    const double m_bb = bottom.mass() / mean_masses[4];
    const double m_wwbb = (lepton_neutrino + light + bottom).mass() / mean_masses[6];
    put(m_jj);
    put((light + jets[2]).mass() / mean_masses[1]);
    put(lepton_neutrino.mass() / mean_masses[2]);
    put((lepton_neutrino + jets[0]).mass() / mean_masses[3]);
    put(m_bb);
    put((lepton_neutrino + bottom).mass() / mean_masses[5]);
    put(m_wwbb);

    const double linear = 0.9 * (tags - 1.5) - 1.1 * (m_wwbb - 1) + 0.4 * (lepton.pt - 0.93);
    const double resonances = 2.2 * bump(m_bb, 1.2, 0.35) + 1.2 * bump(m_jj, 1.1, 0.3) - 1.3;
    values[0] = draws.chance(sigmoid(linear + resonances)) ? 1 : 0;
  }

 private:
  static constexpr std::array<double, 4> strong_tags = {2.173, 2.215, 2.548, 3.102};
  /// In the units of the momenta, so that the columns have a mean near 1.
  static constexpr std::array<double, 7> mean_masses = {1.9, 3.6, 1.5, 3.0, 1.9, 4.6, 7.8};

  Random random_;
  std::vector<GeneratedColumn> columns_;
};

}  // namespace

std::unique_ptr<RowGenerator> higgs_like(std::uint64_t seed) {
  return std::make_unique<HiggsLike>(seed);
}

}  // namespace thrum
