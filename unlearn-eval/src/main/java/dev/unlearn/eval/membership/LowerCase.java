package dev.unlearn.eval.membership;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

final class LowerCase implements MembershipScore {

  @Override
  public String key() {
    return "lower_case";
  }

  @Override
  public String title() {
    return "lower case";
  }

  @Override
  public List<Double> scores(CausalLm model, List<TokenScores> scores) {
    List<TokenSequence> lower =
        scores.stream().map(of -> lower(model.tokenizer(), of.sequence())).toList();
    List<TokenSequence> fitting =
        lower.stream().filter(sequence -> sequence.length() <= model.contextLength()).toList();
    List<TokenScores> theirs = model.score(fitting, ScoreDetail.TARGETS);
    List<Double> results = new ArrayList<>(scores.size());
    int next = 0;
    for (int i = 0; i < scores.size(); i++) {
      boolean fits = lower.get(i).length() <= model.contextLength();
      results.add(fits ? -Loss.loss(scores.get(i)) / Loss.loss(theirs.get(next++)) : Double.NaN);
    }
    return results;
  }

  private static TokenSequence lower(Tokenizer tokenizer, TokenSequence sequence) {
    int prompt = sequence.promptLength();
    int[] targets = lower(tokenizer, sequence.ids(prompt, sequence.length()));
    int[] before = prompt == 0 ? new int[0] : lower(tokenizer, sequence.ids(0, prompt));
    return TokenSequence.of(Ints.concat(before, targets)).withPromptLength(before.length);
  }

  private static int[] lower(Tokenizer tokenizer, int... ids) {
    return tokenizer.encode(tokenizer.decode(ids).toLowerCase(Locale.ROOT)).ids();
  }
}
