package dev.unlearn.eval.membership;

import static java.util.Objects.requireNonNull;

import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;
import java.util.stream.IntStream;

record Reference(CausalLm reference, String name) implements MembershipScore {

  Reference {
    requireNonNull(reference, "reference");
    requireNonNull(name, "name");
  }

  @Override
  public String key() {
    return "reference_" + name;
  }

  @Override
  public String title() {
    return "reference " + name;
  }

  @Override
  public List<Double> scores(CausalLm model, List<TokenScores> scores) {
    List<TokenScores> theirs =
        reference.score(scores.stream().map(TokenScores::sequence).toList(), ScoreDetail.TARGETS);
    return IntStream.range(0, scores.size())
        .mapToObj(i -> Loss.loss(theirs.get(i)) - Loss.loss(scores.get(i)))
        .toList();
  }
}
