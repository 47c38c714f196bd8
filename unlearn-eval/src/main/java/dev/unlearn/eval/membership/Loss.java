package dev.unlearn.eval.membership;

import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import java.util.List;

final class Loss implements MembershipScore {

  @Override
  public String key() {
    return "loss";
  }

  @Override
  public String title() {
    return "loss";
  }

  @Override
  public List<Double> scores(CausalLm model, List<TokenScores> scores) {
    return scores.stream().map(of -> -loss(of)).toList();
  }

  /** Returns the mean negative log-likelihood of the targets, in nats; NaN without targets. */
  static double loss(TokenScores scores) {
    return scores.negativeLogLikelihood() / scores.sequence().targetCount();
  }
}
