package dev.unlearn.examples;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.List;

/**
 * The mean negative log-likelihood of a sequence's tokens, in nats, as the authors' code has it: of
 * the first {@code length} tokens, the very first left out, and end-of-sequence tokens, too,
 * because these are its padding. The aggregate is the mean over all tokens of all sequences.
 */
record AuthorsLoss(int length, int eosId) implements Metric {
  @Override
  public String key() {
    return "loss_paper_" + length + "_eos_" + eosId;
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<Double> means = new ArrayList<>();
    double total = 0;
    int count = 0;
    for (TokenScores scores : model.score(cut(sequences))) {
      double sum = 0;
      for (int t = 1; t < scores.sequence().length(); t++) {
        sum -= scores.sequence().id(t) == eosId ? 0 : scores.logProbability(t);
      }
      means.add(sum / targetCount(scores.sequence()));
      total += sum;
      count += targetCount(scores.sequence());
    }
    return MetricResult.of(key(), total / count, means);
  }

  /** Returns how many tokens of a sequence are counted. */
  int targetCount(TokenSequence sequence) {
    int count = 0;
    for (int t = 1; t < Math.min(length, sequence.length()); t++) {
      count += sequence.id(t) == eosId ? 0 : 1;
    }
    return count;
  }

  /** Returns what is left of sequences, without prompts. */
  List<TokenSequence> cut(List<TokenSequence> sequences) {
    return sequences.stream()
        .map(s -> s.length() > length ? s.withPromptLength(0).head(length) : s.withPromptLength(0))
        .toList();
  }

  @Override
  public boolean higherMeansKnown() {
    return false;
  }
}
