package dev.unlearn.objective;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.RetainTerm;

/**
 * The objectives that come with the library. All are minimized; {@link Objective#withRetain} adds a
 * {@link RetainTerm} to any of them, from {@link RetainTerms}.
 *
 * <p>Notation: {@code y} is a sequence's {@code |y|} target tokens, {@code p} what the model says
 * now, {@code p₀} what it said before the run, {@code z} logits, {@code r(y) = ln p(y) - ln p₀(y)}
 * the log-ratio, summed over the targets of a sequence, {@code σ} the logistic function, {@code ln}
 * the natural logarithm. {@code mean_t} is over all targets of the update, {@code mean_i} over its
 * sequences, however the update is cut into micro-batches. What stands in brackets, {@code [w]}, is
 * constant: no gradient goes through it.
 *
 * <p>Costs are named as <em>reference likelihoods</em> (one number per sequence, measured once
 * before the run), <em>reference pass</em> (a forward pass of the original model per micro-batch)
 * and <em>logits</em>: each target needs the whole distribution that predicts it, a score per entry
 * of the vocabulary. They are computed in pieces, and once more on the way back ({@code
 * Share.perTarget}), so that the array of batch × length × vocabulary never exists; it does only
 * for models that give nothing else, TorchScript files and wrapped DJL blocks.
 *
 * <p>Defaults that are named are those of the authors or of Open-Unlearning, a collection of
 * implementations in Python, for models of a billion parameters and more. Small models need others.
 * Where its formulas differ without a reason in the paper, {@link OpenUnlearning} has them.
 */
public final class Objectives {
  private Objectives() {}

  /**
   * Gradient ascent on the loss of the forget set: minimizes the mean log-probability of its target
   * tokens.
   *
   * <p>{@code L = mean_t ln p(y_t)}
   *
   * <p>Source: Jang et al., <em>Knowledge Unlearning for Mitigating Privacy Risks in Language
   * Models</em>, ACL 2023, arXiv 2210.01504. It needs nothing but the forget set. It is unbounded
   * below, so it must be stopped, and on small models it harms other text: watch the report's
   * health.
   *
   * <p>Deviation: the mean is over all targets of the lot. The authors' code averages means of
   * micro-batches, which is the same where all sequences have one length, as in the paper.
   */
  public static Objective gradientAscent() {
    return GradientAscent.INSTANCE;
  }

  /**
   * Ordinary training on the given sequences: minimizes their mean negative log-likelihood per
   * target token. For teaching a model, not for forgetting.
   *
   * <p>{@code L = -mean_t ln p(y_t)}
   */
  public static Objective gradientDescent() {
    return GradientDescent.INSTANCE;
  }

  /**
   * Gradient difference: ascent on the forget set, descent on the retain set.
   *
   * <p>{@code L = mean_t ln p(y_t) - retainWeight mean_t ln p(retained_t)}
   *
   * <p>Source: Liu et al., <em>Continual Learning and Private Unlearning</em>, arXiv 2203.12817;
   * for language models Maini et al., arXiv 2401.06121. The same as {@code
   * gradientAscent().withRetain(retainWeight, RetainTerms.crossEntropy())}. Needs a retain set.
   * Still unbounded below.
   *
   * @param retainWeight λ; Open-Unlearning has 1
   * @throws IllegalArgumentException if it is not finite and {@code > 0}
   */
  public static Objective gradientDifference(double retainWeight) {
    return gradientAscent().withRetain(retainWeight, RetainTerms.crossEntropy());
  }

  /**
   * Negative preference optimization: gradient ascent that weakens as a sequence becomes less
   * likely than it was.
   *
   * <p>{@code L = -(2/β) mean_i ln σ(-β r(y))}
   *
   * <p>Source: Zhang et al., <em>Negative Preference Optimization: From Catastrophic Collapse to
   * Effective Unlearning</em>, arXiv 2404.05868. Bounded below by 0; for {@code β → 0} its gradient
   * is that of ascent. Needs reference likelihoods.
   *
   * <p>The log-ratio is a sum, so what β means depends on length: the gradient of a sequence is
   * {@code 2 σ(β r(y))} times that of its log-likelihood, and so all but vanishes once its tokens
   * have lost {@code 3 / (β |y|)} nats each. With {@code β = 0.1} and 100 targets that is 0.3 nats
   * per token, long before a memorised text is forgotten: the run stalls. {@link
   * #lengthNormalizedNpo} does not have this.
   *
   * @param beta β; the authors have 0.1
   * @throws IllegalArgumentException if it is not finite and {@code > 0}
   */
  public static Objective npo(double beta) {
    return new Npo(beta, false);
  }

  /**
   * Negative preference optimization with β stated per token, so that it means the same for any
   * length.
   *
   * <p>{@code L = -(2/β) mean_i ln σ(-β r(y) / |y|)}
   *
   * <p>For a sequence it is {@code 1/|y|} of {@link #npo} with {@code β / |y|}. Its force all but
   * vanishes once tokens have lost {@code 3 / β} nats each on the mean: with {@code β = 1}, 3 nats.
   * Needs reference likelihoods.
   *
   * <p>Source: {@link #npo}; dividing by length is what Fan et al., arXiv 2410.07163, do without a
   * reference, see {@link #simNpo}.
   *
   * @param beta β, in 1/nats per token
   * @throws IllegalArgumentException if it is not finite and {@code > 0}
   */
  public static Objective lengthNormalizedNpo(double beta) {
    return new Npo(beta, true);
  }

  /**
   * SimNPO: preference optimization without a reference model, on the mean loss of each sequence.
   *
   * <p>{@code L = -(2/β) mean_i ln σ(-(β/|y|) ln p(y) - β δ)}
   *
   * <p>Source: Fan et al., <em>Simplicity Prevails: Rethinking Negative Preference Optimization for
   * LLM Unlearning</em>, arXiv 2410.07163. Needs nothing but the forget set. Its gradient for a
   * sequence is {@code 2 σ(-β (loss - δ))} times that of its mean log-likelihood: one that begins
   * at a loss of 3 nats is hardly touched with {@code β = 2.5}. β is per token and does not depend
   * on length, but on the loss the model can reach: choose {@code 3 / β} above the loss of unseen
   * text.
   *
   * <p>Deviation: the paper's margin γ is {@code β δ} here, as in Open-Unlearning.
   *
   * @param beta β, in 1/nats per token; the authors have 2.5 to 4.5 on TOFU, 0.7 on news, 0.1 on
   *     WMDP
   * @param delta δ, in nats per token; the authors have 0
   * @throws IllegalArgumentException if β is not finite and {@code > 0}, or δ is not finite
   */
  public static Objective simNpo(double beta, double delta) {
    return new SimNpo(beta, delta);
  }

  /**
   * Direct preference optimization: the alternative is to become likelier, compared with the
   * original model, than the sequence to forget.
   *
   * <p>{@code L = -(2/β) mean_i ln σ(β (r(alternative) - r(y)))}
   *
   * <p>Source: Rafailov et al., <em>Direct Preference Optimization</em>, arXiv 2305.18290; for
   * unlearning with refusals Maini et al., arXiv 2401.06121, with alternative answers Mekala et
   * al., arXiv 2409.13474. Needs alternatives, from {@link Refusals} or {@link
   * ForgetSet#withAlternatives}, and reference likelihoods; a second pass per micro-batch.
   *
   * <p>Deviation: the factor 2/β of {@link #npo}, which makes gradients comparable, as in
   * Open-Unlearning. Sums, not means over length: for β see {@link #npo}.
   *
   * @param beta β; Open-Unlearning has 0.1
   * @throws IllegalArgumentException if it is not finite and {@code > 0}
   */
  public static Objective dpo(double beta) {
    return new Dpo(beta);
  }

  /**
   * Kahneman-Tversky optimization with the sequences to forget as what is undesired, and a
   * reference point from the alternatives.
   *
   * <p>{@code L = 1 - (2/β) mean_i σ([K] - β r(y))}, {@code K = mean_i r(alternative)}
   *
   * <p>Source: Ethayarajh et al., <em>KTO: Model Alignment as Prospect Theoretic Optimization</em>,
   * arXiv 2402.01306, in the form that Zhang et al., arXiv 2404.05868, compare with: K is not cut
   * at 0 and not multiplied by β, and the factor is that of {@link #npo}. Bounded below by {@code 1
   * - 2/β}. K is computed before each update ({@link Objective#prepare}) over all alternatives, in
   * a pass without gradients. Needs alternatives and reference likelihoods.
   *
   * @param beta β; Zhang et al. have 0.1; sums, so see {@link #npo}
   * @throws IllegalArgumentException if it is not finite and {@code > 0}
   */
  public static Objective kto(double beta) {
    return new Kto(beta);
  }

  /**
   * Weighted gradient ascent: ascent in which a token counts the less the less likely it is
   * already.
   *
   * <p>{@code L = mean_t [p(y_t)^β] ln p(y_t)}
   *
   * <p>Source: Wang et al., <em>Rethinking LLM Unlearning Objectives: A Gradient Perspective and Go
   * Beyond</em>, arXiv 2502.19301. With {@code β = 0} it is gradient ascent. Needs nothing but the
   * forget set, and no logits. Holds back by itself, token by token.
   *
   * @param beta β; the authors' and Open-Unlearning's default is 1
   * @throws IllegalArgumentException if it is not finite and {@code >= 0}
   */
  public static Objective wga(double beta) {
    return new Wga(beta);
  }

  /**
   * SatImp: ascent in which a token counts by how far it is from being forgotten (saturation) and
   * by how uncertain it is (importance).
   *
   * <p>{@code L = mean_t [p(y_t)^b1 (1 - p(y_t))^b2] ln p(y_t)}
   *
   * <p>Source: Yang et al., <em>Exploring Criteria of Loss Reweighting to Enhance LLM
   * Unlearning</em>, arXiv 2505.11953. With {@code b2 = 0} it is {@link #wga}. Needs nothing but
   * the forget set. A token that is recited with certainty has weight 0 if {@code b2 > 0}, so text
   * a model knows by heart may hardly move.
   *
   * @param b1 exponent of saturation; the authors have 5
   * @param b2 exponent of importance; the authors have 1
   * @throws IllegalArgumentException if one is not finite and {@code >= 0}
   */
  public static Objective satImp(double b1, double b2) {
    return new SatImp(b1, b2);
  }

  /**
   * CE-U that skips the first target of each sequence, as its authors do; see {@link #ceU(int)}.
   */
  public static Objective ceU() {
    return ceU(1);
  }

  /**
   * Cross-entropy unlearning: training towards what the model itself would say if the true token
   * did not exist.
   *
   * <p>{@code L = -mean_t Σ_v [q_v] ln p_v}, q being the softmax of z without the true token
   *
   * <p>Source: Yang, <em>CE-U: Cross Entropy Unlearning</em>, arXiv 2503.01224. Bounded, with a
   * gradient that does not vanish while the true token is likely. Needs nothing but the forget set.
   * Costs logits.
   *
   * <p>Deviation: the first of the skipped targets is the first token that is predicted. The
   * authors count labels, of which a text without prompt has one at its first token, that nothing
   * predicts.
   *
   * @param skippedTargets how many targets at the beginning of each sequence do not count; the
   *     authors have 1, so that how an answer begins is not changed
   * @throws IllegalArgumentException if it is {@code < 0}, and before an update in which no
   *     sequence has more targets
   */
  public static Objective ceU(int skippedTargets) {
    return new CeU(skippedTargets);
  }

  /**
   * UNDIAL: self-distillation towards the original model with the true token's logit lowered.
   *
   * <p>{@code L = -mean_t Σ_v q_v ln p_v}, {@code q = softmax(z₀ - β onehot(y_t))}
   *
   * <p>Source: Dong et al., <em>UNDIAL: Self-Distillation with Adjusted Logits for Robust
   * Unlearning in Large Language Models</em>, arXiv 2402.10052. Bounded, with a fixed goal. Costs a
   * reference pass per micro-batch, and logits of both models.
   *
   * <p>β is in logits and independent of length. Where the original model is all but certain, its
   * true logit may be more than β ahead, and nothing is forgotten; where it is not, a large β asks
   * for probabilities near 0 that small steps take long to reach.
   *
   * <p>Deviation: the mean is over targets. Open-Unlearning's takes in prompt and padding, and
   * lowers the last ids of the vocabulary there; there is no compatible variant.
   *
   * @param beta β; Open-Unlearning has 10, the authors tried 3, 10 and 30
   * @throws IllegalArgumentException if it is not finite and {@code > 0}
   */
  public static Objective undial(double beta) {
    return new Undial(beta);
  }

  /**
   * Inverted hinge loss: the true token falls until the likeliest other one is far ahead.
   *
   * <p>{@code L = mean_t (1 + p(y_t) - max over v ≠ y_t of p_v)}
   *
   * <p>Source: Cha et al., <em>Towards Robust and Parameter-Efficient Knowledge Unlearning for
   * LLMs</em>, arXiv 2408.06621, whose max with 0 is left out because no value is below it.
   * Bounded: in [0, 2]. Needs nothing but the forget set. Costs logits. The authors add {@link
   * RetainTerms#crossEntropy} with weight 1.
   */
  public static Objective invertedHinge() {
    return InvertedHinge.INSTANCE;
  }

  /**
   * Representation misdirection: hidden states of the forget set are steered to a random direction.
   *
   * <p>{@code L = mean_i mean over y of mean_d (h_d - c u_d)²}, {@code u} being uniform in [0, 1)
   * per element and scaled to length 1, {@code h} the hidden state at the target token
   *
   * <p>Source: Li et al., <em>The WMDP Benchmark: Measuring and Reducing Malicious Use With
   * Unlearning</em>, arXiv 2403.03218. Needs nothing but the forget set; add {@link
   * RetainTerms#hiddenStates} of the same layer. Then the model runs up to that layer only: those
   * above it get no gradient, and an epoch's report has no loss.
   *
   * <p>Deviation: target tokens only, each sequence alike, as Open-Unlearning intends; the authors'
   * code takes the mean over prompt and padding, too. The mean, not the sum, over the width is
   * theirs. For their training of a few matrices only, choose which layers are trained.
   *
   * @param layer as in {@code Pass.hiddenStates}: k is the output of block k, counted from 1; the
   *     authors' 7, counted from 0, is 8 here. A run refuses a layer that the model does not have
   * @param coefficient c; the authors have 6.5 to 20, Open-Unlearning 2
   * @param seed draws u
   * @throws IllegalArgumentException if the layer is {@code < 0} or the coefficient is not finite
   *     and {@code > 0}
   */
  public static Objective rmu(int layer, double coefficient, long seed) {
    return new Rmu(new Steering(layer, coefficient, seed));
  }

  /**
   * Primal-dual unlearning: logits of the forget set are flattened, under the constraint that the
   * loss of the retain set stays below ε; the constraint's weight λ adapts.
   *
   * <p>{@code L = mean_t (max_v z_v - mean_v z_v)² + λ (C - ε)}, {@code C = -mean_t ln
   * p(retained_t)}; after each update {@code λ ← max(0, λ + η (C - ε))}
   *
   * <p>Source: Entesari et al., <em>Constrained Entropic Unlearning: A Primal-Dual Framework for
   * Large Language Models</em>, arXiv 2506.05314. Needs a retain set. Costs logits of the forget
   * set. λ is in the run's memory, and changes before the next update ({@link Objective#prepare})
   * from C over the whole update before.
   *
   * <p>Deviation: the mean is over targets only. Open-Unlearning's takes in prompt and padding, or
   * masks the position after the one that predicts; there is no compatible variant. There is no γ
   * on the first part: divide λ and η by it.
   *
   * @param epsilon ε, in nats per token; the authors have 0.3 on TOFU, 1.5 on news
   * @param firstMultiplier λ at the beginning; the authors have 50 to 100
   * @param rate η; the authors have 1 to 5
   * @param warmUpUpdates how many updates leave λ as it is; the authors have 3 to 5 epochs
   * @throws IllegalArgumentException if one is not finite and {@code >= 0}
   */
  public static Objective pdu(
      double epsilon, double firstMultiplier, double rate, int warmUpUpdates) {
    return new Pdu(epsilon, firstMultiplier, rate, warmUpUpdates);
  }
}
