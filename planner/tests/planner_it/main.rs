//! The planner's public face over a small catalog: plans as text, errors with their positions, PostgreSQL's answers.

mod catalog_view;
mod errors;
mod oracle;
mod plans;
