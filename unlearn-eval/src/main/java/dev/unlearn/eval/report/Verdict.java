package dev.unlearn.eval.report;

import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Health;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** An audit in plain words: what was asked, what came of it, what was shown and what was not. */
final class Verdict {
  private static final int MOST_NAMED = 8;

  private final Audit audit;
  private final List<Measurement> totals;

  Verdict(Audit audit) {
    this.audit = audit;
    this.totals = audit.measurements().stream().filter(Baselines::isTotalOfAudited).toList();
  }

  /** Returns one sentence, and how to take it. */
  Statement headline() {
    Statement forgetting = forgetting();
    if (!isForgotten()) {
      return forgetting;
    }
    List<String> besides = new ArrayList<>();
    if (judged(Side.PRIVACY, Tone.BAD).anyMatch(Judgement::isTwoSided)) {
      besides.add("a membership test tells it from unseen text");
    }
    long worse = judged(Side.UTILITY, Tone.BAD).count();
    if (worse > 0) {
      besides.add(count(worse, "measurement") + " of utility fell beyond chance");
    }
    if (besides.isEmpty()) {
      return forgetting;
    }
    Tone tone = forgetting.tone() == Tone.GOOD ? Tone.NEUTRAL : forgetting.tone();
    return new Statement(
        forgetting.text() + " Besides, " + String.join(", and ", besides) + ".", tone);
  }

  /** Returns whether a run is part of the audit and forgot. */
  boolean isForgotten() {
    return audit.run().map(run -> run.outcome() == Outcome.FORGOTTEN).orElse(false);
  }

  private Statement forgetting() {
    if (audit.run().isEmpty()) {
      return new Statement("The model was measured; no run is part of this audit.", Tone.NEUTRAL);
    }
    ForgetReport run = audit.run().get();
    if (run.outcome() != Outcome.FORGOTTEN) {
      return new Statement(
          run.restored()
              ? "Not forgotten: the model has its original weights again."
              : "Not forgotten as asked: the model has changed weights all the same.",
          Tone.BAD);
    }
    String start = "Forgotten on average";
    long backs = audit.attacks().stream().filter(a -> a.recovery() == Recovery.COMES_BACK).count();
    if (backs > 0) {
      return new Statement(
          start
              + ", but "
              + backs
              + " of "
              + count(audit.attacks().size(), "attack")
              + " brought it back.",
          Tone.BAD);
    }
    if (judged(Side.PRIVACY, Tone.BAD).anyMatch(row -> !Judgement.isTwoSided(row))) {
      return new Statement(
          start + " by the run, but this audit measured more than of unseen text.", Tone.BAD);
    }
    if (totals.stream().noneMatch(Verdict::isAtOrBelow)
        || totals.stream().anyMatch(Verdict::isOpen)) {
      return new Statement(
          start
              + " by the run, but the numbers leave open whether more is known than of unseen text.",
          Tone.OPEN);
    }
    if (audit.attacks().isEmpty()) {
      return new Statement(start + "; no attack was tried.", Tone.OPEN);
    }
    long open = audit.attacks().stream().filter(a -> a.recovery() == Recovery.UNDECIDED).count();
    return open > 0
        ? new Statement(
            start
                + "; of "
                + count(audit.attacks().size(), "attack")
                + " none was seen to bring it back, "
                + open
                + " undecided.",
            Tone.OPEN)
        : new Statement(
            start
                + "; none of "
                + count(audit.attacks().size(), "attack")
                + " was seen to bring it back.",
            Tone.GOOD);
  }

  private static boolean isAtOrBelow(Measurement row) {
    return row.side() == Side.PRIVACY && Judgement.of(row).tone() == Tone.GOOD;
  }

  private static boolean isOpen(Measurement row) {
    return row.side() == Side.PRIVACY
        && row.reference().isPresent()
        && !Judgement.isTwoSided(row)
        && Judgement.of(row).tone() == Tone.OPEN;
  }

  /** Returns what the run was asked to do. */
  String asked() {
    int sequences = audit.sequenceNames().size();
    String forget = audit.run().isPresent() ? "Forget " : "Measure how well the model knows ";
    String what =
        count(sequences, "sequence")
            + audit
                .run()
                .map(run -> " of together " + whole(run.targetCount()) + " scored tokens")
                .orElse("");
    long domains =
        audit.sequenceDomains().stream().filter(domain -> !domain.isEmpty()).distinct().count();
    return forget
        + what
        + (domains > 0 ? " from " + count(domains, "domain") : "")
        + audit
            .run()
            .map(
                run ->
                    ", in a "
                        + run.model().family()
                        + " model of "
                        + size(run.model().parameterCount())
                        + " parameters")
            .orElse("")
        + ".";
  }

  /** Returns what came of the run; empty without one. */
  List<Statement> outcome() {
    List<Statement> statements = new ArrayList<>();
    audit.run().ifPresent(run -> addOutcome(statements, run));
    return statements;
  }

  private void addOutcome(List<Statement> statements, ForgetReport run) {
    statements.add(
        new Statement(
            words(run) + " " + sentence("Reason: " + run.reason()),
            run.outcome() == Outcome.FORGOTTEN ? Tone.GOOD : Tone.BAD));
    statements.add(
        new Statement(
            run.restored()
                ? "The original weights were put back: the model knows the sequences as before."
                : "The model has the weights of epoch "
                    + run.weightsOfEpoch()
                    + " of "
                    + run.epochCount()
                    + ". The run took "
                    + duration(run.duration())
                    + ".",
            Tone.NEUTRAL));
    if (run.criterionMet() && !run.criterionMetTogether()) {
      statements.add(
          new Statement(
              "Parts of the set were forgotten one after the other and not looked at again"
                  + " together: an earlier one may have come back.",
              Tone.OPEN));
    }
    if (!run.sequencesAbove().isEmpty()) {
      statements.add(
          new Statement(
              "On their own still at or above a threshold"
                  + (run.restored() ? " even before the weights were put back: " : ": ")
                  + count(run.sequencesAbove().size(), "sequence")
                  + ", "
                  + named(run.sequencesAbove())
                  + ".",
              Tone.BAD));
    }
  }

  private static String words(ForgetReport run) {
    return switch (run.outcome()) {
      case FORGOTTEN ->
          run.health().isPresent()
              ? "The run met its stopping criterion, and unseen text suffered no more than was"
                  + " allowed."
              : "The run met its stopping criterion; harm was not measured by it.";
      case DAMAGED -> "The run forgot, but did more harm on unseen text than was allowed.";
      case GAVE_UP -> "The run gave up before the sequences were forgotten.";
      case PARTIAL -> "The run gave up before the sequences were forgotten; its weights were kept.";
      case DIVERGED -> "The run diverged: its numbers became too large or undefined.";
      case CANCELLED -> "The run was cancelled before its end.";
      case FAILED -> "The run failed with an error.";
    };
  }

  /** Returns what the audit decides. */
  List<Statement> shown() {
    List<Statement> statements = new ArrayList<>();
    judged(Side.PRIVACY, Tone.GOOD).forEach(row -> statements.add(privacy(row)));
    judged(Side.PRIVACY, Tone.BAD).forEach(row -> statements.add(privacy(row)));
    addNamed(
        statements,
        "Known less well than unseen text, which can itself give away that it was removed: ",
        totals.stream().filter(Judgement::isBelow).map(Verdict::name).toList(),
        Tone.NEUTRAL);
    addNamed(
        statements,
        "Domains on their own above unseen text: ",
        audit.measurements().stream()
            .filter(row -> row.baseline().isEmpty() && row.side() == Side.PRIVACY)
            .filter(row -> row.domain().isPresent() && Judgement.of(row).tone() == Tone.BAD)
            .map(row -> row.domain().get() + " (" + row.title() + ")")
            .toList(),
        Tone.BAD);
    addAttacks(
        statements,
        Recovery.COMES_BACK,
        isForgotten() ? "Brought back by: " : "Known better than unseen text under: ",
        Tone.BAD);
    addAttacks(
        statements,
        Recovery.NOT_SEEN,
        isForgotten()
            ? "Not seen to come back under: "
            : "Not seen to be known better than unseen text under: ",
        Tone.GOOD);
    judged(Side.UTILITY, Tone.BAD).forEach(row -> statements.add(utility(row)));
    judged(Side.UTILITY, Tone.GOOD).forEach(row -> statements.add(utility(row)));
    audit.run().flatMap(run -> run.health().map(h -> health(h, run))).ifPresent(statements::add);
    return statements;
  }

  /** Returns what it does not decide. */
  List<Statement> notShown() {
    List<Statement> statements = new ArrayList<>();
    judged(Side.PRIVACY, Tone.OPEN).forEach(row -> statements.add(privacy(row)));
    addAttacks(
        statements,
        Recovery.UNDECIDED,
        isForgotten()
            ? "Undecided whether it comes back under: "
            : "Undecided whether it is known better than unseen text under: ",
        Tone.OPEN);
    if (audit.attacks().isEmpty()) {
      statements.add(
          new Statement(
              "No attack was tried: whether further training, rounding of the weights or many"
                  + " random answers bring the sequences back is not known.",
              Tone.OPEN));
    }
    addUtility(statements, Tone.NEUTRAL, "No change of utility beyond chance was found in: ");
    addUtility(statements, Tone.OPEN, "Undecided, for want of a value before or an interval: ");
    if (totals.stream().noneMatch(row -> row.side() == Side.UTILITY)) {
      statements.add(new Statement("Utility was not measured.", Tone.OPEN));
    }
    return statements;
  }

  private void addUtility(List<Statement> statements, Tone tone, String start) {
    addNamed(statements, start, judged(Side.UTILITY, tone).map(Verdict::name).toList(), tone);
  }

  private void addAttacks(List<Statement> statements, Recovery recovery, String start, Tone tone) {
    List<String> titles =
        audit.attacks().stream()
            .filter(attack -> attack.recovery() == recovery)
            .map(AttackResult::title)
            .toList();
    addNamed(statements, start, titles, tone);
  }

  private static void addNamed(
      List<Statement> statements, String start, List<String> names, Tone tone) {
    if (!names.isEmpty()) {
      statements.add(new Statement(start + String.join(", ", names) + ".", tone));
    }
  }

  private Stream<Measurement> judged(Side side, Tone tone) {
    return totals.stream().filter(row -> row.side() == side && Judgement.of(row).tone() == tone);
  }

  private static Statement privacy(Measurement row) {
    Judgement judgement = Judgement.of(row);
    String reference =
        row.reference().isPresent()
            ? " (" + Numbers.format(row.reference().getAsDouble()) + ")"
            : "";
    return new Statement(
        name(row)
            + ": "
            + row.before()
                .map(before -> "before " + Numbers.format(before.value()) + ", ")
                .orElse("")
            + "now "
            + Numbers.format(row.after())
            + ". "
            + capital(judgement.words())
            + reference
            + ".",
        judgement.tone());
  }

  private static Statement utility(Measurement row) {
    Judgement judgement = Judgement.of(row);
    Optional<Estimate> before = row.before();
    String numbers =
        Judgement.isQuotable(row, row.after())
            ? before.map(b -> "from " + quoted(row, b) + " to ").orElse("")
                + Numbers.format(row.after().value())
                + ", a change of "
                + row.change().map(Numbers::formatChange).orElse("undefined")
            : "now not above chance";
    return new Statement(
        name(row) + ": " + judgement.words() + ", " + numbers + ".", judgement.tone());
  }

  private static String quoted(Measurement row, Estimate estimate) {
    return Judgement.isQuotable(row, estimate)
        ? Numbers.format(estimate.value())
        : "no more than chance";
  }

  private static Statement health(Health health, ForgetReport run) {
    return new Statement(
        (run.restored() ? "Before the weights were put back: on unseen" : "On unseen")
            + " text the loss went from "
            + Numbers.format(health.lossBefore())
            + " to "
            + Numbers.format(health.lossAfter())
            + " nats per token, the share of tokens predicted from "
            + Numbers.percent(health.maBefore())
            + " to "
            + Numbers.percent(health.maAfter())
            + ": "
            + (health.healthy() ? "within" : "outside")
            + " what was allowed.",
        health.healthy() ? Tone.GOOD : Tone.BAD);
  }

  private static String name(Measurement row) {
    return row.title() + " (" + row.data() + ")";
  }

  private String named(List<Integer> indices) {
    List<String> names =
        indices.stream().limit(MOST_NAMED).map(i -> Sequences.label(audit, i)).toList();
    String more =
        indices.size() > MOST_NAMED ? " and " + (indices.size() - MOST_NAMED) + " more" : "";
    return String.join(", ", names) + more;
  }

  private static String capital(String words) {
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  private static String sentence(String text) {
    return text.endsWith(".") ? text : text + ".";
  }

  private static String count(long count, String noun) {
    return whole(count) + " " + noun + (count == 1 ? "" : "s");
  }

  private static String whole(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String size(long parameters) {
    return parameters < 1_000_000
        ? whole(parameters)
        : Numbers.format(parameters / 1e6) + " million";
  }

  private static String duration(Duration duration) {
    if (duration.toMinutes() < 2) {
      return Numbers.format(duration.toMillis() / 1000.0) + " s";
    }
    return duration.toHours() < 2
        ? duration.toMinutes() + " min"
        : duration.toHours() + " h " + duration.toMinutesPart() + " min";
  }
}
