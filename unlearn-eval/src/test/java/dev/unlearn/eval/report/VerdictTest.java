package dev.unlearn.eval.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Interval;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class VerdictTest {
  private static Estimate estimate(double low, double value, double high) {
    return new Estimate(value, Optional.of(new Interval(low, high, 0.95)), 200, "bootstrap");
  }

  private static Measurement.Builder privacy(Estimate after) {
    return Measurement.builder()
        .side(Side.PRIVACY)
        .key("el_10")
        .title("Extraction likelihood, n = 10")
        .data("forget set")
        .better(Better.NEAR_REFERENCE)
        .after(after);
  }

  private static Measurement.Builder accuracy(Estimate before, Estimate after, Estimate change) {
    return Measurement.builder()
        .side(Side.UTILITY)
        .key("acc")
        .title("Accuracy")
        .data("ARC-Easy")
        .better(Better.HIGHER)
        .reference(0.25)
        .referenceName("chance")
        .before(Optional.of(before))
        .after(after)
        .change(Optional.of(change));
  }

  private static Verdict verdict(Measurement... rows) {
    Audit.Builder audit =
        Audit.builder()
            .title("An audit")
            .createdAt(Instant.EPOCH)
            .run(SyntheticAudits.ended(Outcome.FORGOTTEN).run().orElseThrow());
    for (Measurement row : rows) {
      audit.addMeasurement(row);
    }
    return new Verdict(audit.build());
  }

  @Test
  void headline_followsThePrivacyOfAll() {
    Measurement below = privacy(estimate(0.01, 0.02, 0.03)).reference(0.05).build();
    Measurement open = privacy(estimate(0.01, 0.02, 0.06)).reference(0.05).build();
    Measurement above = privacy(estimate(0.06, 0.07, 0.08)).reference(0.05).build();

    assertThat(verdict(below).headline())
        .isEqualTo(new Statement("Forgotten on average; no attack was tried.", Tone.OPEN));
    assertThat(verdict(below, open).headline().text())
        .contains("leave open whether more is known than of unseen text");
    assertThat(verdict().headline().text()).contains("leave open");
    assertThat(verdict(below, above).headline())
        .isEqualTo(
            new Statement(
                "Forgotten on average by the run, but this audit measured more than of unseen"
                    + " text.",
                Tone.BAD));
  }

  @Test
  void judgement_ofTheReference() {
    assertThat(Judgement.of(privacy(estimate(0, 0.05, 0.05)).reference(0.05).build()))
        .isEqualTo(new Judgement("at or below the reference", Tone.GOOD));
    assertThat(Judgement.of(privacy(Estimate.of(0.01, 5, "none")).reference(0.05).build()).tone())
        .isEqualTo(Tone.OPEN);
    assertThat(Judgement.of(privacy(estimate(0, 0.05, 0.05)).build()).words())
        .isEqualTo("not compared with unseen text");
  }

  @Test
  void judgement_ofMembership() {
    Measurement.Builder auc =
        privacy(estimate(0.4, 0.52, 0.6)).reference(0.5).referenceName("chance");

    assertThat(Judgement.of(auc.build()))
        .isEqualTo(new Judgement("no difference from chance found", Tone.OPEN));
    assertThat(
            Judgement.of(
                privacy(estimate(0.2, 0.3, 0.4)).reference(0.5).referenceName("chance").build()))
        .isEqualTo(new Judgement("below chance: it tells them apart", Tone.BAD));
  }

  /** Too low a rate gives membership away as well, and is not what the headline is about. */
  @Test
  void judgement_ofMembershipBesideARetrainedModel() {
    Measurement row =
        Measurement.builder()
            .side(Side.PRIVACY)
            .key("membership_min_k_40_auc")
            .title("membership AUC, Min-40 %")
            .data("forget set and non-members")
            .better(Better.NEAR_REFERENCE)
            .reference(0.5)
            .referenceName("retrained model")
            .after(estimate(0.2, 0.3, 0.4))
            .build();
    Measurement below = privacy(estimate(0.01, 0.02, 0.03)).reference(0.05).build();

    assertThat(Judgement.of(row))
        .isEqualTo(new Judgement("below retrained model: it tells them apart", Tone.BAD));
    assertThat(verdict(below, row).headline().text())
        .isEqualTo(
            "Forgotten on average; no attack was tried. Besides, a membership test tells it from unseen"
                + " text.");
  }

  private static final Measurement BELOW =
      privacy(estimate(0.01, 0.02, 0.03)).reference(0.05).referenceName("unseen text").build();

  /** Rounding brought nothing back, yet a good sign would hide what utility lost. */
  @Test
  void headline_isNotGoodWhereUtilityFell() {
    Audit.Builder audit = ofRun(Outcome.FORGOTTEN).addMeasurement(BELOW).addAttack(harmless());
    assertThat(new Verdict(audit.build()).headline().tone()).isEqualTo(Tone.GOOD);

    Measurement worse =
        accuracy(estimate(0.3, 0.4, 0.5), estimate(0.3, 0.35, 0.4), estimate(-0.2, -0.1, -0.05))
            .build();

    assertThat(new Verdict(audit.addMeasurement(worse).build()).headline())
        .isEqualTo(
            new Statement(
                "Forgotten on average; none of 1 attack was seen to bring it back. Besides, 1"
                    + " measurement of utility fell beyond chance.",
                Tone.NEUTRAL));
  }

  private static Audit.Builder ofRun(Outcome outcome) {
    return Audit.builder()
        .title("An audit")
        .createdAt(Instant.EPOCH)
        .run(SyntheticAudits.ended(outcome).run().orElseThrow());
  }

  private static AttackResult harmless() {
    return attack(estimate(-0.01, 0.01, 0.02));
  }

  private static AttackResult attack(Estimate excess) {
    return AttackResult.builder()
        .attack("rounding")
        .title("Rounding")
        .description("Weights were rounded.")
        .metric("ma")
        .addPoint(
            AttackPoint.builder()
                .setting("8 bits")
                .strength(8)
                .forgotten(estimate(0.1, 0.2, 0.3))
                .excess(Optional.of(excess))
                .build())
        .build();
  }

  @Test
  void shown_knownLessWellThanUnseenText() {
    assertThat(verdict(BELOW).shown())
        .contains(
            new Statement(
                "Known less well than unseen text, which can itself give away that it was removed:"
                    + " Extraction likelihood, n = 10 (forget set).",
                Tone.NEUTRAL));
    assertThat(verdict(privacy(estimate(0, 0, 0)).reference(0).build()).shown())
        .noneMatch(statement -> statement.text().contains("less well"));
  }

  @Test
  void shown_domainThatTheMeanHides() {
    Measurement code =
        privacy(estimate(0.1, 0.2, 0.3)).reference(0.05).domain(Optional.of("code")).build();

    assertThat(verdict(BELOW, code).shown())
        .contains(
            new Statement(
                "Domains on their own above unseen text: code (Extraction likelihood, n = 10).",
                Tone.BAD));
  }

  /** What was never forgotten, or was put back, does not come back. */
  @Test
  void shown_attackOnWhatWasNotForgotten() {
    Audit audit = ofRun(Outcome.DAMAGED).addAttack(attack(estimate(0.2, 0.3, 0.4))).build();

    assertThat(new Verdict(audit).shown())
        .contains(new Statement("Known better than unseen text under: Rounding.", Tone.BAD))
        .anyMatch(s -> s.text().startsWith("Before the weights were put back: on unseen text"));
    assertThat(AuditHtml.page(audit))
        .contains("Known better: more of it")
        .doesNotContain("omes back:");
  }

  @Test
  void judgement_ofMembershipThatIsUndefined() {
    Measurement row =
        privacy(estimate(0.2, 0.3, 0.4)).reference(Double.NaN).referenceName("chance").build();

    assertThat(Judgement.of(row)).isEqualTo(new Judgement("undefined, so undecided", Tone.OPEN));
  }

  @Test
  void judgement_ofTheBlindBaseline() {
    Measurement row =
        Measurement.builder()
            .side(Side.PRIVACY)
            .key("membership_blind_auc")
            .title("membership AUC, blind baseline")
            .data("forget set and non-members")
            .better(Better.NEAR_REFERENCE)
            .reference(0.5)
            .referenceName("sets alike")
            .after(estimate(0.7, 0.8, 0.9))
            .build();

    assertThat(Judgement.of(row))
        .isEqualTo(
            new Judgement(
                "the texts alone differ, so what membership tests tell may not be memory",
                Tone.OPEN));
  }

  @Test
  void utility_isQuotedAboveChanceOnly() {
    Measurement row =
        accuracy(estimate(0.2, 0.27, 0.3), estimate(0.3, 0.4, 0.5), estimate(0.1, 0.13, 0.2))
            .build();

    assertThat(verdict(row).shown())
        .contains(
            new Statement(
                "Accuracy (ARC-Easy): better beyond chance, from no more than chance to 0.400, a"
                    + " change of +0.130 [0.100,\u00a00.200].",
                Tone.GOOD));
  }

  @Test
  void utility_thatFellToChance() {
    Measurement row =
        accuracy(estimate(0.3, 0.4, 0.5), estimate(0.2, 0.27, 0.3), estimate(-0.2, -0.13, -0.1))
            .build();

    assertThat(verdict(row).shown())
        .contains(
            new Statement(
                "Accuracy (ARC-Easy): worse beyond chance, now not above chance.", Tone.BAD));
  }
}
