//! The prover's half of the batch opening; see [`kernelwise_core::commitment`].

use kernelwise_core::commitment::{OpeningPlan, half_power};
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::{ContractAxis, SumcheckRequest, Table, Term};
use rayon::prelude::*;

use crate::backward::Backward;
use crate::error::ProveError;
use crate::evaluate::{add_padded_weights, contract_data};
use crate::observer::{Observer, Phase};
use crate::sumcheck::{Instance, prove_batch, prove_sumcheck};

impl Backward<'_, '_> {
    /// Opens every claim on every committed tensor.
    pub(crate) fn open(mut self, observer: &dyn Observer) -> Result<(), ProveError> {
        observer.begin(Phase::Open, 3);
        let mut plan = OpeningPlan::new(self.program, &mut self.claims);
        self.merge(&mut plan)?;
        observer.step(Phase::Open);
        if plan.direct.is_empty() {
            return Ok(());
        }
        let splits = plan.splits();
        let rho = self.channel.challenge();
        let vectors = self.open_rows(&plan, &splits)?;
        observer.step(Phase::Open);

        let (num_vars, mut power, mut sum) = (plan.column_vars(), Fr::ONE, Fr::ZERO);
        let (mut tables, mut terms) = (Vec::new(), Vec::new());
        for ((opened, (_, weights)), vector) in plan.direct.iter().zip(splits).zip(&vectors) {
            let factors = [tables.len(), tables.len() + 1].into();
            terms.push(Term {
                coefficient: power,
                factors,
            });
            for mut table in [vector.clone(), weights] {
                table.resize(1 << num_vars, Fr::ZERO);
                tables.push(Table::Fr(table.into()));
            }
            sum += power * opened.claims.first().map_or(Fr::ZERO, |claim| claim.value);
            power *= rho;
        }
        let request = SumcheckRequest::new(num_vars, tables, terms)?;
        let finished = prove_sumcheck(
            self.devices.sumcheck,
            self.channel,
            "column round",
            request,
            sum,
        )?;
        let values: Vec<Fr> = finished.evals.iter().copied().step_by(2).collect();
        self.channel.send("column values", values);

        let sigma = self.channel.challenge();
        let mut combined = vec![Fr::ZERO; plan.columns()];
        let mut power = Fr::ONE;
        for vector in &vectors {
            combined
                .iter_mut()
                .zip(vector)
                .for_each(|(sum, value)| *sum += power * value);
            power *= sigma;
        }
        self.channel.send("opened vector", combined);
        observer.step(Phase::Open);
        Ok(())
    }

    fn merge(&mut self, plan: &mut OpeningPlan) -> Result<(), ProveError> {
        if plan.merged.is_empty() {
            return Ok(());
        }
        let alpha = self.channel.challenge();
        let num_vars = plan.merge_vars();
        let claims = plan.merged_values(alpha);
        let weights = plan.merged_weights(alpha);
        let tables: Vec<_> = plan
            .merged
            .par_iter()
            .zip(&weights)
            .map(|(opened, weights)| {
                let mut table = vec![Fr::ZERO; opened.shape.padded_len()];
                for (power, functional) in weights {
                    add_padded_weights(&mut table, &opened.shape, functional, *power);
                }
                Ok((self.witness.data(opened.id)?.padded(), table))
            })
            .collect::<Result<_, ProveError>>()?;
        let mut instances = Vec::new();
        for ((opened, claim), (tensor, weights)) in plan.merged.iter().zip(claims).zip(&tables) {
            let vars = opened.shape.num_vars();
            let request = SumcheckRequest::new(
                vars,
                vec![tensor.table(), Table::Fr(weights.as_slice().into())],
                vec![Term {
                    coefficient: half_power(num_vars - vars),
                    factors: [0, 1].into(),
                }],
            )?;
            instances.push(Instance { request, claim });
        }
        let (point, evals) = prove_batch(
            self.devices.sumcheck,
            self.channel,
            "merge round",
            instances,
        )?;
        let values = evals
            .iter()
            .filter_map(|evals| evals.first().copied())
            .collect();
        let values = self.channel.send("merge values", values);
        plan.settle_merge(&point, &values);
        Ok(())
    }

    /// `u_t = rows_tᵀ·M_t` for each tensor.
    fn open_rows(
        &self,
        plan: &OpeningPlan,
        splits: &[(Vec<Fr>, Vec<Fr>)],
    ) -> Result<Vec<Vec<Fr>>, ProveError> {
        let open = |opened: &kernelwise_core::commitment::Opened, rows: &Vec<Fr>| {
            let values = self.witness.data(opened.id)?;
            let layout = opened.layout;
            contract_data(
                self.devices.contract,
                values,
                layout.rows,
                layout.columns,
                ContractAxis::Rows,
                rows,
            )
        };
        plan.direct
            .iter()
            .zip(splits)
            .map(|(opened, (rows, _))| open(opened, rows))
            .collect()
    }
}
